# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/bench: how long starts, boots and erlrc-makeappup take. Expects what that has set up.

measure_start() {  # APP
  local floor ours call slow twice
  progress "erlrc-start and erl_call"
  {
    read -r floor _
    read -r ours _
    read -r call _
  } < <("$race" "$start_rounds" -- "$nothing" \
        -- "ERLRC_ROOT=$work/one" "$start" "$1" 1.0.0 "$work/$1-1.0.0" \
        -- erl_call -sname bench1 -c "$cookie" -a 'erlang node')
  {
    read -r slow _
    read -r twice _
  } < <("$race" "$slow_rounds" -- "ERLRC_ROOT=$work/one" "$start" "$1" 1.0.0 "$work/$1-1.0.0" \
        -- sh -c 'erl -noshell -s erlang halt; erl -noshell -s erlang halt')
  compare 'a program that does nothing' "$floor" '' '' ''
  compare 'erlrc-start, already running' "$ours" "erl_call -a 'erlang node'" "$call" x1
  compare 'erlrc-start, already running' "$slow" 'erl -noshell, twice' "$twice" x1
}

measure_crowd() {  # N APP
  local one all
  progress "erlrc-start on $1 nodes"
  start_crowd "$1" "$2"
  {
    read -r one _
    read -r all _
  } < <("$race" "$crowd_rounds" -- "ERLRC_ROOT=$work/one" "$start" "$2" 1.0.0 "$work/$2-1.0.0" \
        -- "ERLRC_ROOT=$work/crowd" "$start" "$2" 1.0.0 "$work/$2-1.0.0")
  compare "erlrc-start, already running, $1 nodes" "$all" 'the same, 1 node' "$one" x5
}

# The extra nodes would only take processor time from the following measurements.
end_crowd() {  # N
  local i
  for (( i = 2; i <= $1; i++ )); do erl_call -sname "bench$i" -c "$cookie" -q || true; rm "$work/crowd/nodes/bench$i"; done
}

once() { local us; read -r us _ < <("$race" --once -- "$@"); printf '%s\n' "$us"; }

measure_makeappup() {  # MODULES APP
  local wall cpu
  progress "erlrc-makeappup of $1 modules"
  read -r wall cpu < <("$race" "$slow_rounds" -- "$makeappup" "$2" 1.0.0 2.0.0 "$work/$2-1.0.0" "$work/$2-2.0.0")
  compare "erlrc-makeappup, $1 modules" "$wall" '' '' ''
  compare "  processor time" "$cpu" '' '' '<500'
}

# The boot of APPLICATIONS with that total number of dependencies, whose starts take MS each; at most LIMIT
# times the time of OTP's boot script for the same list. Both run until the node has ended.
measure_boot() {  # NAME APPLICATIONS DEPENDENCIES MS LIMIT
  local dir=$work/$1 ours otp
  progress "boot of $2 applications"
  mkdir "$dir"
  escript "$top/tests/support/bench/make_boot.escript" "$dir" "$1" "$2" "$3" "$4"
  {
    read -r ours _
    read -r otp _
  } < <("$race" "$boot_rounds" \
        -- "ERLRC_ROOT=$dir" erl -noinput -boot start_sasl -pz "$work/installed/usr/lib/erlang/lib/"erlrc-*/ebin "$dir"/lib/*/ebin \
           -erlrc planner "\"$bin/erlrc-boot\"" -eval "ok = erlrc_boot:boot()" -s erlang halt \
        -- erl -noinput -boot "$dir/$1" -eval ok -s erlang halt)
  compare "boot, $2 applications of $4 ms, $3 dependencies" "$ours" "OTP's own boot script" "$otp" "$5"
}
