# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/hostile: a host with the real node `good`, which runs version 1.0.0 of the application faulty, the
# node `evil`, and the rows of the table. Expects $top, $bin and $work.

limit=2  # seconds
most_seconds=12 most_kb=150000  # also on a machine under load
good_port=45001 evil_port=45002
cookie=HOSTILE
failed=0

export HOME=$work ERLRC_ROOT=$work/root ERLRC_RUN=$work/run ERLRC_STATE=$work/state ERLRC_TIMEOUT=$limit
export DPKG_ADMINDIR=$work/dpkg DPKG_MAINTSCRIPT_PACKAGE=faulty DPKG_MAINTSCRIPT_ARCH=all ERL_CRASH_DUMP_BYTES=0
unset DPKG_ROOT
old=$work/apps/faulty-1.0.0 new=$work/apps/faulty-2.0.0

# entry DIRECTORY NODE LINE: what erlrc knows of the node.
entry() {
  mkdir -p "$1/nodes"
  (umask 077; printf 'cookie = %s\n%s\n' "$cookie" "$3" >"$1/nodes/$2")
}
with_good() { ERLRC_ROOT=$work/control "$@"; }
running() { with_good "$bin/erlrc-eval" --timeout 60 good 'element(2, application:get_key(faulty, vsn)).' 2>&1 | tr -d '"\n'; }

begin_host() {
  "$top/tests/support/make-app" "$work/apps" faulty 4 4 3
  mkdir -p "$work/dpkg/info" "$work/dpkg/tmp.ci" "$ERLRC_ROOT/applications"
  : >"$ERLRC_ROOT/applications/faulty"
  : >"$work/dpkg/status"
  echo "faulty 1.0.0 $old/ebin" >"$work/dpkg/info/faulty.erlrc"
  echo "faulty 2.0.0 $new/ebin" >"$work/dpkg/tmp.ci/erlrc"
  "$top/tests/support/make-deb" faulty 2.0.0 "$new/ebin" "$work/archives" >/dev/null
  entry "$ERLRC_ROOT" good "port = $good_port"
  entry "$work/control" good "port = $good_port"
  erl -noinput -sname good@localhost -setcookie "$cookie" -start_epmd false -erl_epmd_port "$good_port" \
    -kernel inet_dist_listen_min "$good_port" inet_dist_listen_max "$good_port" >"$work/good.log" 2>&1 &
  good=$!
  local _
  for _ in $(seq 600); do
    [[ $(with_good "$bin/erlrc-eval" good 'init:get_status().' 2>/dev/null) != *started* ]] || break
    sleep 0.1
  done
  with_good "$bin/erlrc-start" --timeout 60 faulty 1.0.0 "$old" >/dev/null
}
end_host() { kill -KILL "$good"; wait "$good" 2>/dev/null || :; }

begin_peer() {
  local line="port = $evil_port"
  [[ $1 != epmd:* ]] || line="epmd_port = $evil_port"
  entry "$ERLRC_ROOT" evil "$line"
  "$top/tests/support/hostile/peer" "$1" evil "$cookie" "$evil_port" "$good_port" >"$work/peer" 2>>"$work/peer.log" &
  peer=$!
  until [[ -s $work/peer ]]; do
    kill -0 "$peer" || { cat "$work/peer.log" >&2; exit 1; }
    sleep 0.02
  done
  cells=() memory=0 said=''
}
end_peer() { kill -KILL "$peer"; wait "$peer" 2>/dev/null || :; rm "$work/peer"; }

# call PROGRAM: runs it on both nodes; one asks the hostile one alone.
call() {
  case $1 in
    start) timed "$bin/erlrc-start" --timeout "$limit" faulty 1.0.0 "$old" ;;
    upgrade) timed "$bin/erlrc-upgrade" --timeout "$limit" faulty 1.0.0 2.0.0 "$old" "$new" ;;
    eval) timed "$bin/erlrc-eval" --timeout "$limit" evil 'node().' ;;
    hook) timed "$bin/erlrc-hook" dpkg postrm upgrade 2.0.0 ;;
    preflight)
      printf 'VERSION 3\nDir=/\nDir::State::status=%s\n\nfaulty 1.0.0 all none < 2.0.0 all none %s\n' \
        "$work/dpkg/status" "$(echo "$work"/archives/*.deb)" >"$work/input"
      APT_HOOK_INFO_FD=9 timed "$bin/erlrc-apt-preflight" 9<"$work/input" ;;
    status) timed "$bin/erlrc-node" list --status ;;
  esac
}
timed() { /usr/bin/time -q -o "$work/used" -f '%e %M' timeout -s KILL 60 "$@" >"$work/output" 2>&1; }

# The report of the preflight never stops APT.
right_status() { if [[ $1 == preflight ]]; then echo 0; else echo 1; fi; }

cell() {
  local status=0 wrong=() seconds kb
  call "$1" || status=$?
  read -r seconds kb < <(tail -n 1 "$work/used")
  (( kb <= memory )) || memory=$kb
  [[ $status == "$(right_status "$1")" ]] || wrong+=('exit status')
  (( ${seconds%.*} < most_seconds )) || wrong+=('time')
  (( kb < most_kb )) || wrong+=('memory')
  grep -q evil "$work/output" || wrong+=('does not name it')
  ! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' "$work/output" || wrong+=('control characters')
  (( $(wc -l <"$work/output") <= 8 && $(wc -c <"$work/output") <= 20000 )) || wrong+=('long')
  [[ $(running) == 1.0.0 ]] || wrong+=("good: $(running)")
  [[ $1 != upgrade ]] || said=$(grep evil "$work/output" | head -n 1 | sed "s/^erlrc-upgrade: //; s|$work/||g; s/|/ /g" | cut -c 1-110)
  cells+=("$status, $seconds s${wrong[*]:+ **! ${wrong[*]}**}")
  (( ${#wrong[@]} == 0 )) || { failed=1; sed "s/^/$1: /" "$work/output" | head -5 >&2; back; }
  rm -rf "$ERLRC_RUN" "$ERLRC_STATE"
}
# The real node runs 1.0.0 again.
back() { with_good "$bin/erlrc-downgrade" --timeout 60 faulty 1.0.0 2.0.0 "$old" "$new" >/dev/null 2>&1 || :; }

print_head() {
  echo '| the node | start | upgrade | eval | hook | preflight | status | memory | erlrc-upgrade |'
  echo '|---|---|---|---|---|---|---|---|---|'
}
finish_row() {
  printf '| %s |' "$1"
  printf ' %s |' "${cells[@]}" "$((memory / 1000)) MB"
  printf ' %s |\n' "$said"
}
