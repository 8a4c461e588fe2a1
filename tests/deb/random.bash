# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Tests a random sequence of installations, upgrades, downgrades,
# reinstallations and removals. After each step the node runs what is installed, and its state is the same as
# after a restart.
#
# ERLRC_SEED chooses the sequence, ERLRC_STEPS its length (50).

. "$here/../support/service.bash"
. "$here/../support/random.bash"
seed=${ERLRC_SEED-2008}
steps=${ERLRC_STEPS-50}

# ---- the packages

make_archive() {
  local app vsn depends
  "$here/../support/make-random-apps" "$logs/random" >"$logs/random.list"
  while read -r app vsn depends; do
    "$here/../support/make-deb" "$app" "$vsn" "$logs/random/$app-$vsn/ebin" /srv/archive \
      "erlang-base${depends:+, ${depends// /, }}"
  done <"$logs/random.list"
  "$here/../support/make-archive" /srv/archive
  apt-get update >>"$logs/packages.log" 2>&1
}

# ---- the sequence

# next_step: sets $step to a random command. It does not print the command, since RANDOM gives the numbers of
# the seed only in this process, not in a subshell.
next_step() {
  local app=${apps[RANDOM % ${#apps[@]}]} other=${apps[RANDOM % ${#apps[@]}]}
  local vsn=${vsns[RANDOM % ${#vsns[@]}]} other_vsn=${vsns[RANDOM % ${#vsns[@]}]} choice=$((RANDOM % 10))
  if [[ -z $(installed_vsn "$app") ]]; then
    step=(put "$app=$vsn")
  elif (( choice < 5 )); then
    step=(put "$app=$vsn")
  elif (( choice < 7 )) && [[ $app != "$other" ]]; then
    step=(put "$app=$vsn" "$other=$other_vsn")
  elif (( choice < 8 )); then
    step=(packages apt-get install --yes --reinstall --allow-downgrades "$app=$(installed_vsn "$app")")
  elif (( choice < 9 )); then
    step=(packages apt-get purge --yes "$app")
  else
    step=(take_away "$app")
  fi
}

make_archive
install_programs
systemctl daemon-reload
holds "the node starts" systemctl start erlrc@one
RANDOM=$seed
say "seed $seed, $steps steps (ERLRC_SEED, ERLRC_STEPS)"
for ((i = 1; i <= steps; i++)); do
  next_step
  holds "step $i" "${step[@]}"
  holds "it runs what is installed" equal "$(actual)" "$(expected)"
  holds "and its processes too" all_converted
  if (( i % 6 == 0 || i == steps )); then holds "a restart changes nothing" compare; fi
  (( failures == 0 )) || break
done
holds "no package is half done" nothing_pending
