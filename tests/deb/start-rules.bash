# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests what packages start on a node, which is the administrator's decision: cb needs ca.
. "$here/../support/matrix/state.bash"
node=egerl

deb() { echo "/srv/archive/chain2/$1_$2_all.deb"; }
register() { erlrc-node register --cookie-file /var/lib/egerl/.erlang.cookie "$@" $node; }
runs() { equal "$(running $node ca) $(running $node cb)" "$1"; }

install_programs
start_node $node 4040
say "A node without applications of its own:"
holds "is registered for all" equal "$(register)" \
  "erlrc-node: (egerl) registered with start = all: the node runs no applications of its own"
holds "a package is installed" quietly dpkg -i "$(deb ca 1.0)"
holds "its application is started" runs '["1.0"] []'

say "A node with an application of its own:"
holds "is registered for what runs" equal "$(register)" \
  "erlrc-node: (egerl) registered with start = running: the node runs ca"
holds "another package is installed" quietly dpkg -i "$(deb cb 1.0)"
holds "its application is not started" runs '["1.0"] []'
holds "but by hand" quietly erlrc-start cb 1.0
holds "it runs" runs '["1.0"] ["1.0"]'
holds "both are upgraded" quietly dpkg -i "$(deb ca 1.1)" "$(deb cb 1.1)"
holds "in the node, too" runs '["1.1"] ["1.1"]'
on_node $node 'application:stop(ca).' >/dev/null
holds "what a running application needs is installed again" quietly dpkg -i "$(deb ca 1.1)"
holds "and started" runs '["1.1"] ["1.1"]'
holds "a package is removed" quietly dpkg --remove cb
holds "its application is stopped" runs '["1.1"] []'
holds "and installed again" quietly dpkg -i "$(deb cb 1.1)"
holds "what ran before is started" runs '["1.1"] ["1.1"]'

say "A node on which packages start nothing:"
register --start none >/dev/null
holds "is listed" equal "$(erlrc-node list)" "egerl start=none"
holds "a package is removed" quietly dpkg --remove cb
holds "and installed again" quietly dpkg -i "$(deb cb 1.0)"
holds "its application is not started" runs '["1.1"] []'

say "A node on which packages start what the entry names:"
register --start cb >/dev/null
holds "is listed" equal "$(erlrc-node list)" "egerl start=cb"
holds "packages are removed" quietly dpkg --remove ca cb
holds "and installed again" quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
holds "what it names needs another one, and is not started" runs '[] []'
holds "the reason is reported" grep -q 'cb: start: {not_started,ca}' "$logs/command.log"
register --start ca,cb >/dev/null
holds "installed again with both named" quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
holds "both are started" runs '["1.0"] ["1.0"]'
register --start ca >/dev/null
holds "packages are removed" quietly dpkg --remove ca cb
holds "and installed again" quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
holds "only what it names is started" runs '["1.0"] []'

say "APT is to refuse what an entry does not want:"
refusing() { quietly apt-get install --yes -o Erlrc::Preflight=refuse "$@"; }
said() { contains "$(<"$logs/command.log")" "$1"; }
for rule in none ca running; do
  register --start $rule >/dev/null
  holds "the package is purged" quietly dpkg --purge cb
  # What ran may be started again, also by `running`; so may what a running application needs.
  rm -rf /var/lib/erlrc/nodes
  holds "start = $rule: its installation is refused" refused refusing cb=1.0
  holds "the table shows that it would not be started" grep -Eq '^  cb +- +1\.0 +egerl +not started' "$logs/command.log"
  holds "and the rule" said "the node's entry: start = $rule"
  holds "the reason is the entry" said \
    'nothing has been changed: 1 application would be installed and not started, as the entries of nodes say'
  holds "the ways out are named" said '(option -o Erlrc::Preflight=report continues anyway, -o Erlrc::Hooks=off leaves'
  holds "dpkg was not called" equal "$(dpkg_says cb)" '- un'
  holds "the upgrade of what runs is not refused" refusing ca=1.1
  holds "it was upgraded" runs '["1.1"] []'
  holds "nor is its downgrade" refusing --allow-downgrades ca=1.0
  holds "it was downgraded" runs '["1.0"] []'
done
holds "without \`refuse\` it is installed" quietly apt-get install --yes cb=1.0
holds "and not started, as the table has shown" eval 'said "not started" && runs "[\"1.0\"] []"'
holds "it is purged" quietly dpkg --purge cb
holds "with the hooks off APT refuses nothing" refusing -o Erlrc::Hooks=off cb=1.0
holds "and starts nothing" runs '["1.0"] []'
holds "it is purged again" quietly dpkg --purge cb
register --start ca,cb >/dev/null
holds "a start that the entry wants is not refused" refusing cb=1.0
holds "both run" runs '["1.0"] ["1.0"]'

say "The hooks were off, and erlrc-sync brings the node in sync:"
register --start all >/dev/null
holds "packages are removed" quietly dpkg --remove cb
echo 'hooks = off' >/etc/erlrc.d/erlrc.conf
holds "and installed again" quietly dpkg -i "$(deb cb 1.0)"
holds "the list of nodes shows that" equal "$(erlrc-node list --status 2>&1)" 'egerl changed: cb: would be started'
holds "the application is not started" runs '["1.0"] []'
rm /etc/erlrc.d/erlrc.conf
holds "erlrc-sync succeeds" quietly erlrc-sync
holds "it has started the application" runs '["1.0"] ["1.0"]'
holds "and reports that" equal "$(<"$logs/command.log")" $'erlrc-sync: (egerl) changed\n  cb: started'
holds "which is all" equal "$(erlrc-sync 2>&1)" 'erlrc-sync: (egerl) in_sync'
holds "no package is half done" nothing_pending
