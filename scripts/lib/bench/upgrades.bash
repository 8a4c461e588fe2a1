# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/bench: which functions upgrades call, how long they take, and how long
# processes wait for them. Expects what that has set up.

# The functions of the runner that upgrades of APPs call, shipped and made.
functions_called() {  # APP..
  local app dir
  for app in "$@"; do
    dir=$work/$app-2.0.0
    for appup in "$dir/ebin/$app.appup" "$work/not-shipped"; do
      cp "$work/$app.appup" "$appup"
      ask_ok "{fresh, $app, $(ebin "$app" 1.0.0)}"
      if [[ $app == benchbusy ]]; then
        ask_ok "{big, $app, 20}"
        ask_ok "{work, $app, 200, 300}"
      fi
      ask_ok calls
      ERLRC_ROOT=$work/one "$upgrade" "$app" 1.0.0 2.0.0 "$work/$app-1.0.0" "$dir" >/dev/null
      printf 'called.\n' >&"$to_node"
      answer
      rm "$appup"
    done
  done | tr ' ' '\n' | LC_ALL=C sort --unique | grep .
}

# The load of the servers: nothing, or work, with one client each whose requests take 5 ms each, 20 in a
# second.
servers_do=nothing

# One upgrade from 1.0.0 to 2.0.0 by ENGINE (erlrc, made: erlrc without the shipped .appup, otp); the value of
# ASPECT.
one_upgrade() {  # ENGINE ASPECT APP
  local engine=$1 aspect=$2 app=$3 dir=$work/$3-2.0.0 us
  [[ $engine == made ]] || cp "$work/$app.appup" "$dir/ebin/$app.appup"
  ask_ok "{fresh, $app, $(ebin "$app" 1.0.0)}"
  [[ $servers_do == nothing ]] || ask_ok "{work, $app, 5, 45}"
  [[ $engine != otp ]] || ask_ok "{script, $app, \"$dir\"}"
  [[ $aspect == time ]] || ask_ok watch
  case "$engine" in
    otp) us=$(ask "{release_handler, $app, \"2.0.0\", \"$dir\"}") ;;
    *) us=$(once "ERLRC_ROOT=$work/one" "$upgrade" "$app" 1.0.0 2.0.0 "$work/$app-1.0.0" "$dir") ;;
  esac
  [[ $aspect == time ]] || us=$(ask seen)
  ask_ok "{check, $app, $(ebin "$app" 2.0.0)}"
  rm -f "$dir/ebin/$app.appup"
  printf '%s\n' "$us"
}

# An upgrade of APP, described by WHAT; processes wait at most LIMIT times as long as with release_handler.
# The whole program takes at most SHIPPED more than OTP needs in the node, or MADE if all modules switch at
# once.
measure_upgrade() {  # WHAT APP LIMIT SHIPPED MADE
  local app=$2 engine aspect i
  progress "erlrc-upgrade of $1"
  rm -f "$work/$app".*.time "$work/$app".*.suspended
  for (( i = 0; i <= upgrade_rounds; i++ )); do
    for engine in erlrc otp made; do
      for aspect in time suspended; do
        one_upgrade "$engine" "$aspect" "$app" >"$work/last"
        (( i == 0 )) || cat "$work/last" >>"$work/$app.$engine.$aspect"
      done
    done
  done
  for engine in erlrc otp made; do
    local "$engine=$(median <"$work/$app.$engine.time")"
    local "longest_$engine=$(cut -d ' ' -f 1 "$work/$app.$engine.suspended" | median)"
    local "whole_$engine=$(cut -d ' ' -f 2 "$work/$app.$engine.suspended" | median)"
  done
  # A generated .appup switches all modules at once, so that no process sees mixed versions: all wait as long
  # as the one that waits longest, and only the total time can be compared.
  local name="erlrc-upgrade, $1"
  compare "$name, shipped .appup" "$erlrc" 'eval_appup_script in the node' "$otp" "$4"
  compare "$name, made .appup" "$made" 'eval_appup_script in the node' "$otp" "$5"
  compare '  one process suspended, at most, shipped' "$longest_erlrc" release_handler "$longest_otp" "$3"
  compare '  any process suspended, in all, shipped' "$whole_erlrc" release_handler "$whole_otp" "$3"
  compare '  any process suspended, in all, made' "$whole_made" release_handler "$whole_otp" "$3"
}

# The microseconds of a step of one upgrade of APP.
step_of_upgrade() {  # STEP APP
  ERLRC_ROOT=$work/one "$upgrade" --json "$2" 1.0.0 2.0.0 "$work/$2-1.0.0" "$work/$2-2.0.0" |
    grep -o "\"step\":\"$1\",\"description\":\"[^\"]*\",\"us\":[0-9]*" | head -n 1 | sed 's/.*://'
}

# What an upgrade of APP costs on a node with that many other processes.
measure_others() {  # PROCESSES APP
  local i
  progress "erlrc-upgrade next to $1 other processes"
  rm -f "$work/others"
  for (( i = 0; i < slow_rounds; i++ )); do
    ask_ok "{fresh, $2, $(ebin "$2" 1.0.0)}"
    ask_ok "{crowd, $1}"
    step_of_upgrade check_stranded "$2" >>"$work/others"
    ask_ok "{check, $2, $(ebin "$2" 2.0.0)}"
    ask_ok '{crowd, 0}'
  done
  compare "looking for stranded among $1 processes" "$(median <"$work/others")" '' '' '<300'
}

# How long a process with a state of that size is suspended.
measure_big_state() {  # MEGABYTES APP
  local i engine dir=$work/$2-2.0.0
  progress "erlrc-upgrade of a process with $1 MB"
  rm -f "$work"/big.*
  for (( i = 0; i < slow_rounds; i++ )); do
    for engine in erlrc otp; do
      cp "$work/$2.appup" "$dir/ebin/$2.appup"
      ask_ok "{fresh, $2, $(ebin "$2" 1.0.0)}"
      ask_ok "{script, $2, \"$dir\"}"
      ask_ok "{big, $2, $1}"
      ask_ok watch
      case $engine in
        otp) ask "{release_handler, $2, \"2.0.0\", \"$dir\"}" >/dev/null ;;
        *) ERLRC_ROOT=$work/one "$upgrade" "$2" 1.0.0 2.0.0 "$work/$2-1.0.0" "$dir" >/dev/null ;;
      esac
      ask seen | cut -d ' ' -f 1 >>"$work/big.$engine"
      ask_ok "{big, $2, 0}"
      ask_ok "{check, $2, $(ebin "$2" 2.0.0)}"
      rm "$dir/ebin/$2.appup"
    done
  done
  compare "a process with $1 MB suspended" "$(median <"$work/big.erlrc")" release_handler "$(median <"$work/big.otp")" +50
}

# How long a process that wants to run every millisecond has to wait during an upgrade of APP, all of whose
# modules change.
measure_ticker() {  # APP
  local i
  progress "erlrc-upgrade of $prepared modules, next to a process that runs every millisecond"
  rm -f "$work/ticked"
  for (( i = 0; i < slow_rounds; i++ )); do
    ask_ok "{fresh, $1, $(ebin "$1" 1.0.0)}"
    ask_ok tick
    ERLRC_ROOT=$work/one "$upgrade" "$1" 1.0.0 2.0.0 "$work/$1-1.0.0" "$work/$1-2.0.0" >/dev/null
    ask ticked >>"$work/ticked"
    ask_ok "{check, $1, $(ebin "$1" 2.0.0)}"
  done
  compare "a 1 ms ticker waits, $prepared modules change" "$(median <"$work/ticked")" '' '' '<10'
}

# The longest that a server of APP is suspended if each is busy for 200 ms of each second, and one for 7 seconds.
# release_handler suspends one after the other, waits for 5 seconds and leaves out what was not suspended.
measure_busy() {  # SERVERS APP
  local app=$2 engine ours otp
  local dir=$work/$app-2.0.0
  progress "erlrc-upgrade of $1 busy servers"
  for engine in ours otp; do
    cp "$work/$app.appup" "$dir/ebin/$app.appup"
    ask_ok "{fresh, $app, $(ebin "$app" 1.0.0)}"
    ask_ok "{work, $app, 200, 800}"
    ask_ok "{script, $app, \"$dir\"}"
    ask_ok watch
    ask_ok "{busy, $app, 7000}"
    if [[ $engine == otp ]]; then
      ask "{release_handler, $app, \"2.0.0\", \"$dir\"}" >/dev/null
      ask_ok "{idle, $app}"
    else
      once "ERLRC_ROOT=$work/one" "$upgrade" "$app" 1.0.0 2.0.0 "$work/$app-1.0.0" "$dir" >/dev/null
    fi
    local "$engine=$(ask seen | cut -d ' ' -f 1)"
    [[ $engine == otp ]] || ask_ok "{check, $app, $(ebin "$app" 2.0.0)}"
    rm "$dir/ebin/$app.appup"
  done
  compare "one of $1 busy servers suspended, at most" "$ours" release_handler "$otp" '<500'
}
