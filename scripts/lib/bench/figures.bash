# SPDX-License-Identifier: BSD-3-Clause
# Sourced by scripts/bench: figures that do not depend on how busy the machine is. Expects what that has set up.

# figure WHAT VALUE UNIT LIMIT: LIMIT is a number, or nothing.
figure() {
  local reached=''
  if [[ $4 ]]; then
    reached=$(awk -v a="$2" -v b="$4" 'BEGIN { print a < b ? "yes" : "NO" }')
    [[ $reached != NO ]] || failed=1
  fi
  row "$1" "$2 $3" '' '' '' "${4:+< $4 $3}" "$reached"
}

# The instructions of a start that finds the application running, as callgrind counts them.
measure_instructions() {  # APP
  local count
  if ! type -P valgrind >/dev/null; then progress "no valgrind: instructions are not counted"; return; fi
  progress "instructions of erlrc-start"
  ask_ok "{fresh, $1, $(ebin "$1" 1.0.0)}"
  count=$(ERLRC_ROOT=$work/one valgrind --tool=callgrind --callgrind-out-file=/dev/null "$start" "$1" 1.0.0 \
            "$work/$1-1.0.0" 2>&1 >/dev/null | sed -n 's/.*Collected : //p')
  figure 'erlrc-start, already running: instructions' "$(awk -v n="${count:-0}" 'BEGIN { printf "%.2f", n / 1e6 }')" million ''
}

# peak COMMAND...: its largest resident set, in MB.
peak() { command time --format %M --output "$work/peak" "$@" >/dev/null; awk '{ printf "%.1f", $1 / 1024 }' "$work/peak"; }

measure_peaks() {  # APP BIG_APP BIG_APP_MODULES
  if ! type -P time >/dev/null; then progress "no time(1): memory is not measured"; return; fi
  progress "memory of the programs"
  export ERLRC_ROOT=$work/one
  figure 'erlrc-start, already running: memory' "$(peak "$start" "$1" 1.0.0 "$work/$1-1.0.0")" MB 8
  "$makeappup" "$2" 1.0.0 2.0.0 "$work/$2-1.0.0" "$work/$2-2.0.0" >"$work/$2.appup"
  cp "$work/$2.appup" "$work/$2-2.0.0/ebin"
  ask_ok "{fresh, $2, $(ebin "$2" 1.0.0)}"
  figure "erlrc-upgrade, $3 modules: memory" \
    "$(peak "$upgrade" "$2" 1.0.0 2.0.0 "$work/$2-1.0.0" "$work/$2-2.0.0")" MB 48
  ask_ok "{gone, $2}"
  rm "$work/$2-2.0.0/ebin/$2.appup"
  unset ERLRC_ROOT
}
