# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/faults: a host with the nodes n1 and n2, on which erlrc-upgrade changes the application faulty from
# 1.0.0 to 2.0.0, and the rows of the table. Expects $top, $bin and $work.

export HOME=$work ERLRC_ROOT=$work/root ERLRC_RUN=$work/run ERLRC_STATE=$work/state ERL_CRASH_DUMP_BYTES=0
modules='[faulty_0001,faulty_0002,faulty_0003,faulty_0004]'
apps=$work/apps
change=(faulty 1.0.0 2.0.0 "$apps/faulty-1.0.0" "$apps/faulty-2.0.0")
failed=0
client=''
killed_node=''  # by the row

# --- the application, and nodes

# The script of the application pauses where fault_pause:pause/1 was called for.
make_application() {
  local processes=${1-1}
  rm -rf "$apps"
  "$top/tests/support/make-app" "$apps" faulty 4 4 3 "$processes"
  mkdir -p "$work/pause"
  erlc -o "$work/pause" "$top/tests/support/faults/fault_pause.erl"
  cat >"$apps/faulty-2.0.0/ebin/faulty.appup" <<'END'
{"2.0.0",
 [{"1.0.0",
   [{load_object_code, {faulty, "2.0.0", [faulty_0001, faulty_0002, faulty_0003, faulty_0004, faulty_app, faulty_sup]}},
    {apply, {fault_pause, at, [before]}},
    point_of_no_return,
    {suspend, [faulty_0001, faulty_0002, faulty_0003]},
    {load, {faulty_0001, brutal_purge, soft_purge}},
    {load, {faulty_0002, brutal_purge, soft_purge}},
    {load, {faulty_0003, brutal_purge, soft_purge}},
    {load, {faulty_0004, brutal_purge, soft_purge}},
    {load, {faulty_app, brutal_purge, soft_purge}},
    {load, {faulty_sup, brutal_purge, soft_purge}},
    {apply, {fault_pause, at, [suspended]}},
    {code_change, up, [{faulty_0001, []}, {faulty_0002, []}, {faulty_0003, []}]},
    {resume, [faulty_0001, faulty_0002, faulty_0003]},
    {apply, {fault_pause, at, [resumed]}}]}],
 [{"1.0.0",
   [{update, faulty_0001, {advanced, []}}, {update, faulty_0002, {advanced, []}},
    {update, faulty_0003, {advanced, []}}, {load_module, faulty_0004},
    {load_module, faulty_app}, {load_module, faulty_sup}]}]}.
END
  rm -rf "$work/kept"
  cp -a "$apps" "$work/kept"
}

# What nodes see of the clock: hours in a file are added to it.
make_clock() {
  cc -shared -fPIC -O1 -o "$work/clock.so" "$top/tests/support/faults/stepped_clock.c" -ldl
  step_clock 0
}
step_clock() { printf '%d\n' "$1" >"$work/clock.new"; mv "$work/clock.new" "$work/clock"; }
sees_clock() {
  local seconds=$(($(ask "$1" 'os:system_time(second).') - $(date +%s)))
  (( seconds - $2 * 3600 < 600 && $2 * 3600 - seconds < 600 )) || { echo "${0##*/}: the clock of $1 is off by $seconds s" >&2; exit 1; }
}

# What dpkg knows while it upgrades a package with the application.
make_hook_host() {
  mkdir -p "$work/dpkg/info" "$work/dpkg/tmp.ci" "$ERLRC_ROOT/applications"
  : >"$ERLRC_ROOT/applications/faulty"
  : >"$work/dpkg/status"
  echo "faulty 1.0.0 $apps/faulty-1.0.0/ebin" >"$work/dpkg/info/faulty.erlrc"
  echo "faulty 2.0.0 $apps/faulty-2.0.0/ebin" >"$work/dpkg/tmp.ci/erlrc"
}

pid_of() { cat "$work/$1.pid"; }
# Without epmd, so that what happens to that does not matter here.
ask() { ERLRC_ROOT=$work/control "$bin/erlrc-eval" --timeout 600 "$1" "$2"; }
port_of() { echo "4500${1#n}"; }

begin_node() {
  [[ -e $work/clock.so ]] || make_clock
  local preload=''
  [[ $1 != n1 ]] || preload=$work/clock.so
  LD_PRELOAD=$preload ERLRC_CLOCK=$work/clock erl -noinput -sname "$1" -pa "$work/pause" \
    -kernel net_ticktime 3600 inet_dist_listen_min "$(port_of "$1")" inet_dist_listen_max "$(port_of "$1")" >>"$work/$1.log" 2>&1 &
  echo $! >"$work/$1.pid"
  disown
  local _
  for _ in $(seq 6000); do
    [[ $(ask "$1" 'init:get_status().' 2>/dev/null) != *started* ]] || break
    if ! kill -0 "$(<"$work/$1.pid")" 2>/dev/null; then cat "$work/$1.log" >&2; exit 1; fi
    sleep 0.1
  done
  "$bin/erlrc-start" --timeout 600 --node "$1" faulty 1.0.0 "$apps/faulty-1.0.0" >/dev/null
}

# begin_nodes [PROCESSES]: ends those that run.
begin_nodes() {
  end_nodes
  [[ ${1-1} == "${processes-}" ]] || { processes=${1-1}; make_application "$processes"; }
  mkdir -p "$ERLRC_ROOT/nodes" "$work/control/nodes"
  if [[ ! -e $work/.erlang.cookie ]]; then (umask 077; printf FAULTS >"$work/.erlang.cookie"); fi
  chmod 0400 "$work/.erlang.cookie"
  local node
  for node in n1 n2; do
    (umask 077; echo "cookie_file = $work/.erlang.cookie" >"$ERLRC_ROOT/nodes/$node")
    (umask 077; printf 'cookie_file = %s\nport = %s\n' "$work/.erlang.cookie" "$(port_of "$node")" >"$work/control/nodes/$node")
    begin_node "$node"
  done
}

end_nodes() {
  local node
  for node in n1 n2; do
    [[ ! -e $work/$node.pid ]] || kill -KILL "$(pid_of "$node")" 2>/dev/null || :
  done
  # The next ones listen on the same ports.
  for node in n1 n2; do
    while [[ -e $work/$node.pid ]] && kill -0 "$(pid_of "$node")" 2>/dev/null; do sleep 0.05; done
    rm -f "$work/$node.pid"
  done
  kill_epmd
}

# It has no other one in this network.
kill_epmd() {
  local file
  for file in /proc/[0-9]*/exe; do
    [[ $(readlink "$file") != */epmd ]] || kill -KILL "$(basename "$(dirname "$file")")" || :
  done
}

# --- an upgrade

pause() { ask "$1" "fault_pause:pause($2)." >/dev/null; }
release() { ask "$1" 'fault_pause:release().' >/dev/null 2>&1 || :; }
await_paused() {
  local _
  for _ in $(seq 6000); do
    [[ $(ask "$1" 'fault_pause:is_paused().') != true ]] || return 0
    sleep 0.05
  done
  echo "${0##*/}: $1 is not paused" >&2
  exit 1
}

start_upgrade() {
  "$bin/erlrc-upgrade" "$@" "${change[@]}" >"$work/output" 2>&1 &
  client=$!
}
# start_upgrade_with PROGRAM ARGUMENT...: runs it by a program.
start_upgrade_with() {
  "$@" "$bin/erlrc-upgrade" "${change[@]}" >"$work/output" 2>&1 &
  client=$!
}
wait_for_client() {
  [[ $client ]] || return 0
  code=0
  wait "$client" 2>/dev/null || code=$?
  client=''
}

# CALL COUNT for each kind of system call: how often one thread makes it at most.
trace_calls() {
  strace -f -qq -o "$work/trace" "$bin/erlrc-upgrade" "${change[@]}" >/dev/null
  versions=()
  reset_nodes
  awk '{ sub(/\(.*/, "", $2); if ($2 ~ /^[a-z0-9_]+$/ && $2 !~ /^exit/) { n = ++count[$1, $2]; if (n > most[$2]) most[$2] = n } }
       END { for (call in most) print call, most[call] }' "$work/trace" | grep -v '^execve ' | sort
}

# --- what is spoiled

spoil() {
  mkdir -p "$work/$1"
  case $2 in
    full)
      mount -t tmpfs -o size=4k,mode=711 tmpfs "$work/$1"
      head -c 8192 /dev/zero >"$work/$1/filler" 2>/dev/null || : ;;
    read-only) mount -t tmpfs -o mode=711 tmpfs "$work/$1"; mount -o remount,ro "$work/$1" ;;
    absent) rm -rf "${work:?}/$1"; : >"$work/$1" ;;  # nothing can be made there
  esac
}
mend() {
  if mountpoint -q "$work/$1"; then umount "$work/$1"; fi
  rm -rf "${work:?}/$1"
}

change_file() {
  local ebin=$apps/faulty-2.0.0/ebin
  case $1 in
    'is removed') rm "$ebin/faulty_0002.beam" ;;
    'is cut') truncate -s 500 "$ebin/faulty_0002.beam" ;;
    'is another module') cp "$ebin/faulty_0003.beam" "$ebin/faulty_0002.beam" ;;
    'gets another version') sed -i 's/"2.0.0"/"3.0.0"/' "$ebin/faulty.app" ;;
  esac
}
restore_files() { rm -rf "$apps"; cp -a "$work/kept" "$apps"; }

# --- the table

print_head() { printf '| injected | outcome | n1 | n2 | left |\n|---|---|---|---|---|\n'; }

# The version that a node runs; several, if it is between two.
running() {
  if ! kill -0 "$(pid_of "$1")" 2>/dev/null; then echo -; return; fi
  local text
  text=$(ask "$1" "fault_pause:running($modules)." 2>&1) || { echo "no answer: ${text: -60}"; return; }
  text=${text//[\[\]\"[:space:]]/}
  echo "${text//,/ and }"
}
# Drafts, records and staged files that a run has left.
left_files() { (cd "$work" && find run state apps root -name '.erlrc.*' -o -path 'run/commits/*' -o -path 'state/*' -type f | grep -v filler | head -3 | tr '\n' ' ') 2>/dev/null || :; }

# Both as they are now: sets `versions`, and counts a row that is not well.
look() {
  versions=("$(running n1)" "$(running n2)")
  left=$(left_files)
  # A client that was killed may have printed nothing: sed, which unlike grep does not fail then.
  outcome="exit $code: $(sed '/^  remark: /d' "$work/output" | tail -n 1 | sed -E "s|$work/||g; s/\|/ /g; s/^erlrc-upgrade: //" | cut -c 1-120)"
  # Killed nodes have no version; those of several versions must be named as broken.
  local known
  known=$(printf '%s\n' "${versions[@]}" | sed '/^-$/d' | sort -u)
  agree=yes
  if [[ $known == *$'\n'* || $known == *' '* ]] && (( code != 3 )); then agree=no; fi
  # Nothing dies but what the row kills; and only a client that was killed leaves files, for the next one.
  [[ ${versions[0]} != - || $killed_node == n1 ]] && [[ ${versions[1]} != - ]] || agree=no
  [[ -z $left ]] || (( code > 128 )) || agree=no
  [[ $agree == yes ]] || failed=1
  killed_node=''
}

finish_row() {
  look
  printf '| %s | %s | %s | %s | %s |%s\n' "$1" "$outcome" "${versions[@]}" "$left" "$([[ $agree == yes ]] || echo ' **differs**')"
  reset_nodes
}

# Many of one kind become one row: how often both had which version.
declare -A collected=()
collect_row() {
  look
  local key="${versions[0]} | ${versions[1]}"
  collected[$key]=$((${collected[$key]-0} + 1))
  [[ $agree == yes ]] || echo "differs: $1: ${versions[*]}" >&2
  reset_nodes
}
finish_collected() {
  local key
  for key in "${!collected[@]}"; do
    printf '| %s | %s times | %s | %s |\n' "$*" "${collected[$key]}" "$key" "$(left_files)"
  done | sort
  collected=()
}

# Both run 1.0.0 again, and nothing is left.
reset_nodes() {
  mend run
  mend state
  find "$work/root" -name '.erlrc.*' -delete
  if [[ ${versions[*]-} == '1.0.0 1.0.0' ]]; then return; fi
  ERLRC_ROOT=$work/control "$bin/erlrc-downgrade" "${change[@]}" >"$work/reset" 2>&1 || :
  if [[ $(running n1) != 1.0.0 || $(running n2) != 1.0.0 ]]; then cat "$work/reset" >&2; begin_nodes "$processes"; fi
}
