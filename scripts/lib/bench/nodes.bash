# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/bench: nodes. Expects what that has set up.

register() {  # DIR NAME
  mkdir -p "$1/nodes" "$1/applications"
  (umask 077; printf %s "$cookie" >"$1/nodes/$2")
}

# The node that is controlled through its standard input and output.
start_node() {
  erlc -o "$work" "$top/tests/support/bench/bench_node.erl"
  # Its log goes to standard error: standard output is for answers.
  coproc node {
    exec erl -noshell -sname bench1 +P 1000000 -kernel inet_dist_use_interface '{127,0,0,1}' -kernel logger_level error \
      -kernel logger '[{handler, default, logger_std_h, #{config => #{type => standard_error}}}]' \
      -pa "$work" -s bench_node main
  }
  exec {to_node}>&"${node[1]}" {from_node}<&"${node[0]}"
  [[ $(answer) == ready ]]
  register "$work/one" bench1
  register "$work/crowd" bench1
}

answer() {
  local line
  read -r -t 120 -u "$from_node" line || { progress "the node does not answer"; return 1; }
  printf '%s\n' "$line"
}
ask() {
  local got
  printf '%s.\n' "$*" >&"$to_node"
  got=$(answer)
  [[ $got =~ ^(ok|[0-9 ]+)$ ]] || { progress "$*: $got"; return 1; }
  printf '%s\n' "$got"
}
ask_ok() { ask "$@" >/dev/null; }

ebin() { printf '"%s/%s-%s/ebin"' "$work" "$1" "$2"; }

# Starts more nodes, up to N, on which App runs.
start_crowd() {  # N APP
  local i
  for (( i = 2; i <= $1; i++ )); do
    erl -noinput -sname "bench$i" -kernel inet_dist_use_interface '{127,0,0,1}' -pa "$work/$2-1.0.0/ebin" \
        -eval "ok = application:start($2)" </dev/null >/dev/null 2>&1 &
    register "$work/crowd" "bench$i"
  done
  for (( i = 2; i <= $1; i++ )); do
    until erl_call -sname "bench$i" -c "$cookie" -a "application get_key [$2, vsn]" 2>/dev/null | grep -q ok; do
      sleep 0.2
    done
  done
}
