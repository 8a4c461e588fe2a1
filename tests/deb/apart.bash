# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that a package of a run may opt out: packages that need its new version, or break its
# old one, wait for the restart with it, and all others are upgraded in the running node.
. "$here/../support/matrix/state.bash"
node=egerl

deb() { echo "/srv/archive/$3/$1_$2_all.deb"; }
said() { contains "$(<"$logs/command.log")" "$1"; }
# runs APP=VSN..: checks running versions without their paths, which may no longer exist.
runs() {
  # shellcheck disable=SC2046
  holds "nodes run $1" equal "$(node_says $(sed 's/=[^ ]*//g' <<<"$1") | sed 's/!no path//g; s/!\(path\|file\) [^ ]*//g')" "$1"
}
# dpkg_has STATES PACKAGES: checks the states that dpkg has of the packages.
dpkg_has() { holds "dpkg has $1" equal "$(for p in $2; do dpkg_says "$p"; done | paste -sd,)" "$1"; }
# restarted APPLICATIONS: restarts the node and starts what dpkg has installed of these applications.
restarted() {
  stop_nodes
  start_node $node 4040
  on_node $node "[application:ensure_all_started(A) || A <- [$(paste -sd, <<<"${1// /,}")]]." >/dev/null
}
# agreed_at STATES PACKAGES: checks that dpkg has the packages in these states, and that disk and node agree.
agreed_at() {
  survey $2
  say "   $table"
  holds "all have $1" equal "$states; $agreed" "$1; yes"
}

install_programs
mkdir -p /run/fault
start_node $node 4040
register_node $node

for kind in leave restart; do
  say "A package with the policy $kind, which another one needs:"
  # Such an application cannot be started by its package.
  quietly dpkg -i "$(deb ca 1.0 chain2)" "$(deb cb 1.0 chain2)" "$(deb da 1.0 chain3)"
  agreed_at '1.0 ii, 1.0 ii, 1.0 ii' 'ca cb da'
  holds "all are upgraded" quietly dpkg -i "$(deb cb 1.1 chain2)" "$(deb ca 1.1 $kind)" "$(deb da 1.1 chain3)"
  dpkg_has '1.1 ii,1.1 ii,1.1 ii' 'ca cb da'
  runs 'ca=1.0 cb=1.0 da=1.1'
  holds "the reason is reported" \
    said "erlrc-hook: cb: skipped until the nodes are restarted: cb 1.1 needs ca (>= 1.1), and ca is 1.0"
  holds "nothing is left behind" equal "$(leftovers)" ''
  holds "still so in the next run" quietly dpkg --force-depends -i "$(deb cb 1.2 chain2)"
  runs 'ca=1.0 cb=1.0 da=1.1'
  quietly dpkg -i "$(deb cb 1.1 chain2)"
  restarted 'ca cb da'
  agreed_at '1.1 ii, 1.1 ii, 1.1 ii' 'ca cb da'
  holds "in a downgrade, the other package does not need to wait" \
    quietly dpkg -i "$(deb cb 1.0 chain2)" "$(deb ca 1.0 $kind)"
  runs 'ca=1.1 cb=1.0 da=1.1'
  restarted 'ca cb da'
  agreed_at '1.0 ii, 1.0 ii, 1.1 ii' 'ca cb da'
  holds "purged" quietly dpkg --purge ca cb da
  restarted kernel
done

say "A package with the policy leave, which the new version of the other one breaks:"
quietly dpkg -i "$(deb ga 1.0 chain2-breaks)" "$(deb gb 1.0 chain2-breaks)"
holds "all are upgraded" quietly dpkg -iB "$(deb gb 1.1 leave)" "$(deb ga 1.1 chain2-breaks)"
dpkg_has '1.1 ii,1.1 ii' 'ga gb'
runs 'ga=1.0 gb=1.0'
holds "the reason is reported" \
  said "erlrc-hook: ga: skipped until the nodes are restarted: ga 1.1 breaks gb (<< 1.1), and gb is"
restarted 'ga gb'
agreed_at '1.1 ii, 1.1 ii' 'ga gb'

say "A new package that needs the skipped one:"
quietly dpkg -i "$(deb ca 1.0 chain2)"
holds "installed" quietly dpkg -i "$(deb ca 1.1 leave)" "$(deb cb 1.1 chain2)"
dpkg_has '1.1 ii,1.1 ii' 'ca cb'
holds "it is not started" equal "$(running $node cb)$(running $node ca)" '[]["1.0"]'
holds "the reason is reported" said \
  "erlrc-hook: cb: skipped until the nodes are restarted: cb 1.1 needs ca (>= 1.1)"
restarted 'ca cb'
agreed_at '1.1 ii, 1.1 ii' 'ca cb'

say "APT reports it before the transaction:"
quietly apt-get install --yes ea=1.0 eb=1.0
agreed_at '1.0 ii, 1.0 ii' 'ea eb'
holds "installed" quietly apt-get install --yes -o Erlrc::Preflight=refuse ea=1.1 eb=1.1 da=1.1
table() { grep -E '^  [a-z]{2} .*[0-9]' "$logs/command.log" | tr -s ' ' | sed 's/ *$//'; }
holds "the table shows what will be done" \
  equal "$(table)" " ea 1.0 1.1 egerl skipped - as configured by its package
 eb 1.0 1.1 egerl skipped - eb 1.1 needs ea (>= 1.1), and ea is 1.0
 da - 1.1 egerl start -"
runs 'ea=1.0 eb=1.0 da=1.1'
holds "downgraded" quietly apt-get install --yes --allow-downgrades -o Erlrc::Preflight=refuse ea=1.0 eb=1.0
agreed_at '1.0 ii, 1.0 ii, 1.1 ii' 'ea eb da'
holds "no package is half done" nothing_pending
