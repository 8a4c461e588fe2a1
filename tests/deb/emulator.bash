# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Upgrades erlang-base in one run with packages of applications: to a rebuild (98) with files
# at the same places, and to a version (99) whose kernel and stdlib are elsewhere. The maintainer scripts of
# erlang-base kill epmd. Nodes keep running the code that they have loaded, the packages are installed, and
# the necessary restart is reported.
. "$here/../support/matrix/state.bash"
node=egerl

deb() { echo "/srv/archive/chain2/$1_$2_all.deb"; }
erlang() { echo /srv/archive/erlang-base_"$1"_*.deb; }
said() { contains "$(<"$logs/command.log")" "$1"; }
# reachable: starts epmd, waits until the node is registered in it and can be called again.
reachable() {
  local i
  as_service epmd -daemon
  for ((i = 0; i < 100; i++)); do
    [[ $(on_node $node 'ok.' 2>/dev/null) != ok ]] || return 0
    sleep 0.1
  done
  return 1
}
# versions: prints what the node runs without paths, some of which no longer exist.
versions() { node_says ca cb | sed 's/!two paths//g; s/!no path//g; s/![^ !]* [^ !]*//g'; }
# keeps_running VERSIONS: checks that the node was not restarted and has these versions.
keeps_running() {
  holds "the node answers" reachable
  holds "it was not restarted" equal "$(vm $node)" "$node_before"
  holds "it keeps running $1" equal "$(versions)" "$1"
  holds "no package is half done" equal "$(dpkg --audit)" ''
  holds "nothing is left behind" equal "$(leftovers)" ''
}
# fresh: starts a node of the installed Erlang before dpkg installs both packages, so that the directories
# that the node found at its start are still in its path.
fresh() {
  stop_nodes
  start_node $node 4040
  quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
  node_before=$(vm $node)
  survey ca cb
  holds "a new node: $table" equal "$states; $(versions)" '1.0 ii, 1.0 ii; ca=1.0 cb=1.0'
}

install_programs
# Packages that need exactly this version of erlang-base do not matter here.
dpkg-query --show --showformat='${Package}\n' 'erlang-*' | grep -vx erlang-base |
  xargs apt-get purge --yes >>"$logs/packages.log" 2>&1
register_node $node

say "A rebuilt Erlang, unpacked after the application:"
fresh
holds "installed" quietly dpkg -i "$(deb ca 1.1)" "$(deb cb 1.1)" "$(erlang 98)"
holds "the application was upgraded hot before" said "erlrc-upgrade: Upgrading 'ca': (egerl) upgraded"
holds "a restart is due" said "(egerl) restart_due"
keeps_running 'ca=1.1 cb=1.1'

say "Another Erlang, unpacked before the applications, by apt:"
fresh
holds "installed" quietly apt-get install --yes erlang-base=1:99 ca=1.1 cb=1.1
holds "APT reported it before" said "erlang-base has no hooks for running nodes, and contains"
holds "for that node" said "afterwards egerl needs a restart"
# apt decides which of them it unpacks first; both applications have the same version in any case.
holds "the node answers" reachable
found=$(versions)
[[ $found == 'ca=1.0 cb=1.0' || $found == 'ca=1.1 cb=1.1' ]] || found='both 1.0, or both 1.1'
keeps_running "$found"

say "The same, by dpkg:"
quietly dpkg -i "$(erlang 98)"
fresh
holds "installed" quietly dpkg -i "$(erlang 99)" "$(deb ca 1.1)" "$(deb cb 1.1)"
holds "a restart is due" said "(egerl) restart_due"
holds "the reason is reported" said "the Erlang that it runs was replaced"
keeps_running 'ca=1.0 cb=1.0'
holds "the packages can be removed then" quietly dpkg --purge ca cb
holds "that reports the restart, too" said "(egerl) restart_due"
holds "nothing is left behind" equal "$(leftovers)" ''
