# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, with unattended-upgrades. Tests its runs: of packages that the node upgrades, and of one that it
# refuses (egerl 4.2.0 crashes when it converts the state of 4.1.0), with each setting of on_refusal.

# upgraded: a run of unattended-upgrades; it always exits with 0, so the success is in its log.
upgraded() {
  packages unattended-upgrade --verbose --debug
  contains "$(<"$logs/command.log")" 'All upgrades installed'
}
has() {
  holds "eglib is $1, egerl is $2" equal "$(version_of eglib) $(version_of egerl)" \
    "$1 install ok installed $2 install ok installed"
  holds "the node runs eglib $1, egerl $3" equal "$(running egerl eglib) $(running egerl egerl)" "[\"$1\"] [\"$3\"]"
  holds "nothing is half done" nothing_pending
}
install_programs
install -m 0644 "$here/../../hooks/apt/20erlrc" /etc/apt/apt.conf.d/20erlrc
holds "unattended-upgrades is installed" \
  apt-get install --yes --no-install-recommends unattended-upgrades >>"$logs/packages.log" 2>&1
echo 'Unattended-Upgrade::Origins-Pattern { "origin=*"; };' >/etc/apt/apt.conf.d/50unattended-upgrades
unset ERLRC_RETRY
start_node egerl 4040
register_node egerl
printf '%s\n' 'Package: egerl' 'Pin: version 4.2.0' 'Pin-Priority: -1' >/etc/apt/preferences.d/without

say "Packages that the node upgrades, all at once, and in the smallest steps:"
for steps in false true; do
  echo "Unattended-Upgrade::MinimalSteps \"$steps\";" >/etc/apt/apt.conf.d/51steps
  holds "the old versions" packages apt-get install --yes --allow-downgrades eglib=4.0.1 egerl=4.0.1
  open_line 4040
  ask count >/dev/null
  holds "upgraded" upgraded
  has 4.1.0 4.1.0 4.1.0
  holds "over the same connection" equal "$(ask version)" 'version 4.1.0'
  close_line
done

say "A package that the node refuses:"
rm /etc/apt/preferences.d/without
holds "is not upgraded" refused upgraded
has 4.1.0 4.1.0 4.1.0
holds "the next run" refused upgraded
holds "does not even try" contains "$(<"$logs/command.log")" 'not tried again'
has 4.1.0 4.1.0 4.1.0

say "With on_refusal = leave:"
echo 'on_refusal = leave' >/etc/erlrc.d/erlrc.conf
holds "it is upgraded" upgraded
has 4.1.0 4.2.0 4.1.0
holds "and the next run has nothing to do" refused upgraded
holds "nor anything to report" contains "$(<"$logs/command.log")" 'No packages found that can be upgraded unattended'
