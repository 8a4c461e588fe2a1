# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Installs, upgrades, downgrades and removes erlrc itself in one run with packages that use
# it, at any place in the run.
. "$here/../support/matrix/state.bash"
node=egerl

deb() {
  case "$1" in
    erlrc) echo "/srv/archive/erlrc_$2_all.deb" ;;
    *) echo "/srv/archive/chain2/$1_$2_all.deb" ;;
  esac
}
debs() { local vsn=$1 package; shift; for package in "$@"; do deb "$package" "$vsn"; done; }

# row FAILING EXIT STATES COMMAND...: checks the exit status of COMMAND, and that dpkg then has the STATES of
# erlrc, ca and cb. FAILING is APPLICATION:up or APPLICATION:down, whose conversion fails, or `none`.
row() {
  local failing=$1 expected_status=$2 expected=$3 status=0
  shift 3
  [[ $failing == none ]] || printf '%s' "${failing#*:}" >"/run/fault/${failing%:*}.code_change"
  quietly "$@" || status=$?
  rm -f /run/fault/*
  survey ca cb
  table="erlrc $(dpkg_says erlrc)  $table" states="$(dpkg_says erlrc), $states"
  printf '%-60s fails: %-8s exit %-3s %s\n' "$(sed 's/[^ ]*\/\([a-z]*\)_\([0-9.]*\)_all.deb/\1=\2/g; s/--[^ ]* //g' <<<"$*")" \
    "$failing" "$status" "$table"
  [[ $agreed == yes ]] || row_failed "$agreed"
  [[ $states == "$expected" ]] || row_failed "expected $expected"
  [[ $status == "$expected_status" ]] || row_failed "exit status $status"
}
# programs: prints the version of the installed programs.
programs() { tail -n 1 /usr/bin/erlrc-hook | tr -d '\0' | tail -c 4; }
all() { echo "erlrc=$1 ca=$1 cb=$1"; }

install_programs
dpkg -i "$(deb erlrc 1.0)" >/dev/null
mkdir -p /run/fault
start_node $node 4040
register_node $node
row none 0 '1.0 ii, 1.0 ii, 1.0 ii' dpkg -i $(debs 1.0 ca cb)

say "In each order of dpkg's arguments:"
for order in 'erlrc ca cb' 'ca erlrc cb' 'ca cb erlrc' 'cb erlrc ca'; do
  row none 0 '1.1 ii, 1.1 ii, 1.1 ii' dpkg -i $(debs 1.1 $order)
  holds "the programs are those of 1.1" equal "$(programs)" 1.1
  row none 0 '1.0 ii, 1.0 ii, 1.0 ii' dpkg -i $(debs 1.0 $order)
  row cb:up 1 '1.1 ii, 1.0 ii, 1.0 ii' dpkg -i $(debs 1.1 $order)
  row none 0 '1.0 ii, 1.0 ii, 1.0 ii' dpkg -i "$(deb erlrc 1.0)"
done

say "By apt:"
# shellcheck disable=SC2046
row none 0 '1.1 ii, 1.1 ii, 1.1 ii' apt-get install --yes $(all 1.1)
row ca:down 100 '1.0 iU, 1.1 ii, 1.1 ii' apt-get install --yes --allow-downgrades $(all 1.0)
row none 0 '1.0 ii, 1.1 ii, 1.1 ii' dpkg --configure -a
row none 0 '1.0 ii, 1.0 ii, 1.0 ii' apt-get install --yes --allow-downgrades $(all 1.0)

# node_keeps_old STATES COMMAND...: checks that the node is not upgraded by COMMAND, because erlrc is missing
# when ca is unpacked: the node keeps the old version of ca, and so of cb, which needs the new one.
node_keeps_old() {
  holds "installed" quietly "${@:2}"
  survey ca cb
  say "   erlrc $(dpkg_says erlrc)  $table"
  holds "dpkg has the new versions" equal "$(dpkg_says erlrc), $states" "$1"
  holds "the node has the old versions of both" \
    equal "$(node_says ca cb | sed 's/![^ ]* [^ ]*//g')" 'ca=1.0 cb=1.0'
  holds "nothing is left behind" equal "$(leftovers)" ''
}
say "erlrc is installed in the same run, after one of the two packages:"
quietly dpkg --remove erlrc
node_keeps_old '1.1 ii, 1.1 ii, 1.1 ii' dpkg -i "$(deb ca 1.1)" "$(deb erlrc 1.1)" "$(deb cb 1.1)"
holds "a restart is due" contains "$(<"$logs/command.log")" "Starting 'ca': (egerl) restart_due"
row none 0 '1.0 ii, 1.0 ii, 1.0 ii' apt-get install --yes --allow-downgrades $(all 1.0)

say "erlrc is removed in the same run:"
node_keeps_old '- rc, 1.1 ii, 1.1 ii' apt-get install --yes ca=1.1 cb=1.1 erlrc-
holds "purged together with the packages that use it" quietly dpkg --purge ca cb erlrc
holds "its directories are gone" eval "[[ ! -e /run/erlrc && ! -e /var/lib/erlrc ]]"
holds "no package is half done" nothing_pending
