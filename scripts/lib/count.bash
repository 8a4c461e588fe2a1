# SPDX-License-Identifier: BSD-3-Clause
# Sourced: runs steps and ctest, and counts what passed and what failed. Expects $top, the clone.

passed=0
failed=0
failures=()

# step NAME COMMAND...: one test that is a command.
step() {
  local name=$1 began=$SECONDS
  shift
  printf -- '-- %s\n' "$name"
  if "$@"; then
    passed=$((passed + 1))
    printf -- '-- %s: ok, %d s\n' "$name" $((SECONDS - began))
  else
    failed=$((failed + 1))
    failures+=("$name")
    printf -- '-- %s: FAILED\n' "$name"
    return 1
  fi
}

# background NAME COMMAND...: begins a step that runs next to what follows. `collect NAME` waits for its end,
# prints its output, and counts it.
declare -A background_jobs=()
background() {
  local name=$1
  shift
  mkdir -p "$top/build/results"
  printf -- '-- %s: begun\n' "$name"
  # In a process group of its own, so that nothing of it outlives this script.
  setsid "$@" >"$top/build/results/$name.log" 2>&1 </dev/null &
  background_jobs[$name]=$!
}
collect() { step "$1" ended "$1"; }
ended() {
  local status=0
  wait "${background_jobs[$1]}" || status=$?
  unset "background_jobs[$1]"
  cat "$top/build/results/$1.log"
  return "$status"
}
stop_background() {
  local job
  for job in "${background_jobs[@]}"; do kill -- "-$job" 2>/dev/null || true; done
}
trap stop_background EXIT

# tests NAME BUILD OTP CTEST-ARGUMENTS...: runs ctest of a build directory with that OTP release, in processes and a
# network of its own. A test that was skipped or not run has failed: here nothing may be missing.
tests() {
  local name=$1 build=$2 otp=$3 began=$SECONDS
  local results=$top/build/results/$name.xml
  shift 3
  printf -- '-- %s\n' "$name"
  mkdir -p "${results%/*}"
  rm -f "$results"
  "$top/scripts/isolated" "$top/scripts/with-otp" "$otp" \
    ctest --test-dir "$build" --output-on-failure --no-tests=error --output-junit "$results" "$@" || true
  local suite all=0 bad=0 attribute
  suite=$(sed -n '/<testsuite /,/>/p' "$results" 2>/dev/null | tr '\n\t' '  ' || true)
  all=$(sed -n 's/.* tests="\([0-9]*\)".*/\1/p' <<<"$suite")
  for attribute in failures disabled skipped; do
    bad=$((bad + $(sed -n "s/.* $attribute=\"\\([0-9]*\\)\".*/\\1/p" <<<"$suite" | grep . || echo 0)))
  done
  if [[ -z $all || $all == 0 ]]; then
    all=1
    bad=1
  fi
  passed=$((passed + all - bad))
  failed=$((failed + bad))
  if (( bad )); then failures+=("$name ($bad)"); fi
  printf -- '-- %s: %d of %d passed, %d s\n' "$name" $((all - bad)) "$all" $((SECONDS - began))
}

# finish: the summary, and the exit status.
finish() {
  if (( failed )); then printf 'failed: %s\n' "${failures[@]}"; fi
  printf '%d passed, %d failed\n' "$passed" "$failed"
  (( failed == 0 ))
}
