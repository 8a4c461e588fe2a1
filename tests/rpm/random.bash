# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Tests a random sequence of installations, upgrades, downgrades, reinstallations
# and removals, half of which fail or are killed. After each step, and what a user types after a failure, rpmdb, disk
# and node agree, and the state of the node is the same as after a restart.
#
# ERLRC_SEED chooses the sequence, ERLRC_STEPS its length (50).

. "$here/../support/service.bash"
. "$here/../support/random.bash"
. "$here/../support/matrix/rpm-state.bash"
node=one
subjects=("${apps[@]}")
seed=${ERLRC_SEED-2008}
steps=${ERLRC_STEPS-50}

# ---- the packages

declare -A needs
make_rpms() {
  local app vsn depends dir
  "$here/../support/make-random-apps" "$logs/random" >"$logs/random.list"
  while read -r app vsn depends; do
    needs[$app]=$depends
    dir=$logs/random/$app-$vsn
    "$here/../support/matrix/scriptlets-of" "$app" "$vsn" >"$dir/scriptlets"
    "$here/../support/make-rpm" "$app" "$vsn" "$dir/ebin" "$logs/rpms" ${depends:+"Requires: ${depends// /, }"}
  done <"$logs/random.list"
}
packages() { quietly "$@"; }

# with_needs APP: adds it and what it needs and is not installed, in a random version, to $changes.
with_needs() {
  local other
  [[ " ${changes[*]} " != *" $1="* ]] || return 0
  changes+=("$1=${vsns[RANDOM % ${#vsns[@]}]}")
  for other in ${needs[$1]}; do [[ -n $(vsns_of "$other") ]] || with_needs "$other"; done
}
# with_users APP: adds it and what needs it and is installed to $removed.
with_users() {
  local other
  [[ " ${removed[*]} " != *" $1 "* ]] || return 0
  removed+=("$1")
  for other in "${apps[@]}"; do
    if [[ " ${needs[$other]} " == *" $1 "* && -n $(vsns_of "$other") ]]; then with_users "$other"; fi
  done
}

# As in matrix/state.bash, for these applications: rd may run inside of rc.
node_says() {
  on_node "$node" 'list_to_atom(lists:flatten(lists:join(" ", [[atom_to_list(A), "=", case application:get_key(A, vsn) of {ok, V} -> V; _ -> "-" end]
    || A <- [ra, rb, rc, rd, re, rf]]))).' | tr -d "'"
}

# ---- the sequence

# next_step: sets $changes or $removed to random packages. Like the others, not in a subshell, since only this process
# has the random numbers of the seed.
next_step() {
  local app=${apps[RANDOM % ${#apps[@]}]} other=${apps[RANDOM % ${#apps[@]}]} choice=$((RANDOM % 10))
  changes=() removed=()
  if [[ -z $(vsns_of "$app") ]] || (( choice < 5 )); then
    with_needs "$app"
  elif (( choice < 7 )); then
    with_needs "$app"
    with_needs "$other"
  elif (( choice < 8 )); then
    changes=("$app=$(vsns_of "$app")")
  else
    with_users "$app"
  fi
}

# inject: makes a random package of the step fail or kill rpm at a random place, in half of all steps; sets $fault.
inject() {
  local all=("${changes[@]}" "${removed[@]}") one old commands='exit 1'
  local moments=(code_change pre.before post.before preun.before preun.after postun.before posttrans.before)
  one=${all[RANDOM % ${#all[@]}]}
  local moment=${moments[RANDOM % ${#moments[@]}]} choice=$((RANDOM % 4))
  fault= ended=yes
  old=$(vsns_of "${one%=*}")
  if (( choice > 1 )); then return; fi
  if [[ $moment == code_change ]]; then
    fault=/run/fault/${one%=*}.code_change commands=
  elif [[ $moment == preun* || $moment == postun* ]]; then
    fault=/run/fault/${one%=*}-$old.$moment
  else
    fault=/run/fault/${one%=*}-${one#*=}.$moment
  fi
  if (( choice == 1 )) && [[ $moment != code_change ]]; then commands='kill -9 $PPID; sleep 1' ended=no; fi
  echo "$commands" >"$fault"
  fault="${fault#/run/fault/}: ${commands%;*}"
}

step() {
  local status=0 word files=()
  next_step
  inject
  if (( ${#removed[@]} )); then
    take_away "${removed[@]}" || status=$?
  else
    for word in "${changes[@]}"; do files+=("$logs/rpms/${word/=/-}.rpm"); done
    quietly rpm --upgrade --oldpackage --replacepkgs "${files[@]}" || status=$?
  fi
  without_faults
  survey
  printf '%3d  %s%s  exit %s: %s, %s\n' "$i" "${changes[*]}" "${removed[*]:+erase ${removed[*]}}${fault:+ ($fault)}" \
    "$status" "$table" "$state"
  walk "${changes[@]}"
  if [[ -n $walked ]]; then say "     $walked"; fi
  [[ $state == agreed && -z $(leftovers) ]] || row_failed "$state; left: $(leftovers)"
  [[ $status == 0 || -n $fault ]] || row_failed "exit status $status"
}

install_programs
make_rpms
mkdir -p /run/fault
systemctl daemon-reload
holds "the node starts" systemctl start erlrc@one
RANDOM=$seed
say "seed $seed, $steps steps (ERLRC_SEED, ERLRC_STEPS)"
for ((i = 1; i <= steps; i++)); do
  step
  equal "$(actual)" "$(expected)" || row_failed "it does not run what is installed"
  all_converted || row_failed "a process has another version than its code"
  if (( i % 10 == 0 || i == steps )); then holds "a restart changes nothing" compare; fi
  (( failures == 0 )) || break
done
holds "nothing is left of a transaction" nothing_pending
