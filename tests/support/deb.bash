# SPDX-License-Identifier: BSD-3-Clause
# Functions for tests with real packages inside a throw-away system: claims, nodes, package commands. Sourced.
#
# No program under test judges itself: nodes are asked with OTP's own erl_call, the service is asked over TCP,
# and the packages are looked up with dpkg-query. The caller sets $logs, a directory that outlives the system,
# and $means, apt or dpkg.

failures=0

# The faults of tests come and go from outside of the nodes and of their code, so what a node has refused is tried again.
export ERLRC_RETRY=on

say() { printf '%s\n' "$*"; }

# holds CLAIM COMMAND...: checks one claim, which is true if the command succeeds, and prints the result.
holds() {
  local claim=$1
  shift
  if "$@"; then
    say "   ok      $claim"
  else
    say "   FAILED  $claim"
    failures=$((failures + 1))
  fi
}

# equal FOUND EXPECTED: compares; prints both if they differ.
equal() {
  [[ $1 == "$2" ]] || { say "           found: $1"; say "        expected: $2"; return 1; }
}

# contains TEXT PART: searches PART in TEXT; prints both if it is missing.
contains() {
  [[ $1 == *"$2"* ]] || { say "           found: $1"; say "       expected in it: $2"; return 1; }
}

refused() { ! "$@"; }

# eventually COMMAND...: repeats the command until it succeeds, for up to two minutes, since the machine may
# be busy.
eventually() {
  local until=$((SECONDS + 120))
  until "$@" >/dev/null 2>&1; do
    if (( SECONDS >= until )); then return 1; fi
    sleep 0.1
  done
}

# ---- the nodes of a service that has a user of its own

# install_programs: installs the files of the build under /usr, and creates the user.
install_programs() {
  cp -r "$logs/stage/." /
  useradd --system --home-dir /var/lib/egerl --create-home --shell /usr/sbin/nologin egerld
  install -d -m 0755 /etc/erlrc.d/applications
  cookie=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077; echo -n "$cookie" >/var/lib/egerl/.erlang.cookie)
  chmod 0400 /var/lib/egerl/.erlang.cookie
  chown egerld:egerld /var/lib/egerl/.erlang.cookie
}

as_service() {
  setpriv --reuid=egerld --regid=egerld --init-groups \
    env -i HOME=/var/lib/egerl PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
}

# on_node NODE EXPRESSION: evaluates it and prints its value on one line. The cookie is in the user's own
# file. The limit is a safety net: a busy machine may need a minute for a large expression.
on_node() {
  local said status=0
  said=$(as_service erl_call -timeout 600 -sname "$1" -e <<<"$2") || status=$?
  said=${said//$'\n'/ }
  while [[ $said == *'  '* ]]; do said=${said//  / }; done
  [[ ! $said =~ ^'{ok, '(.*)'}'$ ]] || said=${BASH_REMATCH[1]}
  echo "$said"
  return "$status"
}

is_up() { [[ $(on_node "$1" 'init:get_status().') == '{started, started}' ]]; }
# start_node NODE PORT [ARGUMENT...]: starts a node whose egerl, once started, listens on PORT. Its log is
# $logs/NODE.log. The arguments are for erl.
start_node() {
  install -d -m 0755 "/etc/$1"
  echo "[{egerl, [{port, $2}, {motd, \"set by the administrator\"}]}]." >"/etc/$1/$1.config"
  # erl starts an epmd, too, but does not wait for it.
  as_service epmd -names >/dev/null 2>&1 || as_service epmd -daemon
  eventually as_service epmd -names
  as_service erl -sname "$1" -noshell -config "/etc/$1/$1" "${@:3}" >"$logs/$1.log" 2>&1 </dev/null &
  if eventually is_up "$1"; then return; fi
  say "the node $1 does not start; its log:"
  cat "$logs/$1.log"
  exit 1
}

# stop_nodes: stops all nodes of the user.
stop_nodes() {
  local beam
  for beam in $(pgrep -u egerld -x beam.smp); do
    kill "$beam"
    if ! eventually refused test -e "/proc/$beam"; then say "the node of process $beam does not stop"; exit 1; fi
  done
}

# register_node NODE [COOKIE]: writes the file of a node that the user of the service runs; only root can read it.
register_node() {
  install -d -m 0750 /etc/erlrc.d/nodes
  (umask 027; printf '%s\n' "cookie = ${2-$cookie}" 'user = egerld' >"/etc/erlrc.d/nodes/$1")
}

# running NODE APP: prints a list with the running version, or the empty list.
running() { on_node "$1" "[V || {A, _, V} <- application:which_applications(), A =:= $2]."; }
vm() { on_node "$1" '{list_to_atom(os:getpid()), node(), list_to_atom(erlang:system_info(otp_release))}.'; }

# open_line PORT: connects to the service. ask LINE: asks one question over that connection.
open_line() { exec {line}<>"/dev/tcp/127.0.0.1/$1"; }
close_line() { exec {line}>&-; }
ask() {
  local answer=
  printf '%s\n' "$1" >&"$line" && read -r -t 60 -u "$line" answer || answer="no answer"
  say "$answer"
}

# ---- packages

# version_of PACKAGE: prints its version and state.
version_of() { dpkg-query --show --showformat='${Version} ${Status}' "$1" 2>/dev/null || true; }
installed() { [[ $(version_of "$1") == *' ok installed' ]]; }
directories() { (cd /usr/lib/erlang/lib && ls -d egerl-* eglib-* 2>/dev/null) | tr '\n' ' ' || true; }
nothing_pending() { [[ -z $(dpkg --audit) ]] && apt-get check >/dev/null 2>&1; }

# packages COMMAND...: runs a package command, prints the interesting part of its output, and returns its
# status. The whole output is in $logs/command.log.
packages() {
  local status=0 began ended
  say "   # $*"
  began=$(date +%s%3N)
  "$@" >"$logs/command.log" 2>&1 || status=$?
  ended=$(date +%s%3N)
  { echo "# $*"; cat "$logs/command.log"; echo "# exit status $status"; } >>"$logs/packages.log"
  tr '\r' '\n' <"$logs/command.log" |
    grep -E 'erlrc|^dpkg:|^E:|^(Unpacking|Setting up|Removing|Purging) |returned error|^ .*subprocess' |
    sed 's/^/   | /' || true
  say "   (exit status $status, $((ended - began)) ms)"
  return "$status"
}

# put PACKAGE=VSN...: installs, upgrades or downgrades.
put() {
  if [[ $means == apt ]]; then
    packages apt-get install --yes --allow-downgrades "$@"
  else
    local word debs=()
    for word in "$@"; do debs+=("/srv/archive/${word/=/_}_all.deb"); done
    packages dpkg -i "${debs[@]}"
  fi
}
take_away() {
  if [[ $means == apt ]]; then packages apt-get remove --yes "$@"; else packages dpkg --remove "$@"; fi
}

# no_cookie_in_logs: checks that no log contains the cookie.
no_cookie_in_logs() { refused grep -rqF "$cookie" "$logs" /var/log/apt /var/log/dpkg.log; }

# verdict: prints whether all claims held, and ends the script with status 1 if not.
verdict() {
  echo
  if (( failures )); then
    say "$failures claims did not hold; logs in $logs"
    exit 1
  fi
  say "All claims held."
}

# has VSN: checks that dpkg, the node and the files have that version of egerl.
has() {
  holds "egerl is installed as $1, and runs" \
    equal "$(version_of egerl) $(running egerl egerl)" "$1 install ok installed [\"$1\"]"
  holds "the node agrees with the disk" \
    equal "$(erlrc-sync --dry-run egerl 2>&1)" 'erlrc-sync: (egerl) in_sync'
  holds "nothing is half done" nothing_pending
}
