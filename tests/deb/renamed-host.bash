# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests a host that is renamed, whose node is registered with the old name of the host.

# rename_host NAME: as hostnamectl and cloud-init do. erl_call needs the address of the old name, too.
rename_host() {
  echo "127.0.1.1 $1" >>/etc/hosts
  echo "$1" >/etc/hostname
  hostname "$1"
}
# on_node NODE EXPRESSION: as in deb.bash, also for a node that has the name that the host had before.
on_node() {
  as_service erl_call -timeout 60 -name "${full-$1@$(hostname)}" -e <<<"$2" | tr -s '\n ' ' ' | sed 's/^{ok, \(.*\)} *$/\1/'
}
warned() { grep -c 'warning: .*answers as' "$logs/command.log"; }
line="erlrc-hook: warning: egerl@throw-away answers as egerl@renamed: register it again under this name, and"
line+=" \`erlrc-node unregister egerl@throw-away\`"

install_programs
start_node egerl 4040
register_node egerl@throw-away
holds "installed" put eglib=4.0.1 egerl=4.0.1
holds "the node runs it" equal "$(running egerl egerl)" '["4.0.1"]'

say "The host is renamed while the node runs:"
rename_host renamed
full=egerl@throw-away
holds "an upgrade succeeds" put eglib=4.1.0 egerl=4.1.0
holds "in the node, which has its old name" equal "$(running egerl egerl)" '["4.1.0"]'
holds "without a word about that" equal "$(warned)" 0

say "The node is started again, and has the new name:"
unset full
stop_nodes
start_node egerl 4040
holds "its application is started" put eglib=4.1.0 egerl=4.1.0
on_node egerl '{ok, _} = application:ensure_all_started(egerl).' >/dev/null
holds "a downgrade succeeds" put eglib=4.0.1 egerl=4.0.1
holds "in the node" equal "$(running egerl egerl)" '["4.0.1"]'
holds "with one line" equal "$(warned)" 1
holds "that names the command" contains "$(<"$logs/command.log")" "$line"
holds "a removal succeeds" take_away egerl
holds "in the node" equal "$(running egerl egerl)" '[]'
holds "an installation succeeds" put egerl=4.0.1
holds "in the node" equal "$(running egerl egerl)" '["4.0.1"]'

say "The commands of that line are run:"
holds "the old entry is removed" packages erlrc-node unregister egerl@throw-away
holds "the new one is written" \
  packages erlrc-node register --cookie-file /var/lib/egerl/.erlang.cookie --start all egerl@renamed
holds "an upgrade succeeds" put eglib=4.1.0 egerl=4.1.0
holds "in the node" equal "$(running egerl egerl)" '["4.1.0"]'
holds "without a word" equal "$(warned)" 0

say "The entry of another host, whose node has another cookie:"
erlrc-node unregister egerl@renamed
register_node egerl@other another_cookie
holds "the node, which is not the one of the entry, is not changed" refused put eglib=4.0.1 egerl=4.0.1
holds "it runs the same version" equal "$(running egerl egerl)" '["4.1.0"]'
holds "the cookie is the reason" contains "$(<"$logs/command.log")" cookie
erlrc-node unregister egerl@other
holds "other runs of apt succeed" packages apt-get install --yes -f
holds "no package is half done" nothing_pending
