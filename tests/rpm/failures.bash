# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Transactions that fail or are killed after the nodes have followed: rpmdb, files and node
# agree at each rest, and the state of the service survives.

# whole VSN: checks that rpmdb, files, node and service agree on the version of both packages, that nothing is
# left of the transaction, and that the counter still counts.
whole() {
  holds "rpmdb: $1" equal "$(version_of egerl); $(version_of eglib)" "$1 install ok installed; $1 install ok installed"
  holds "disk: only $1" equal "$(directories)" "egerl-$1 eglib-$1 "
  holds "node: $1" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$1\"]"
  holds "code path: only installed directories" equal "$(on_node egerl '
    [D || D <- code:get_path(), string:find(D, "egerl") =/= nomatch orelse string:find(D, "eglib") =/= nomatch,
     string:find(D, "/usr/lib/erlang/lib/") =:= nomatch orelse not filelib:is_dir(D)].')" '[]'
  holds "the service reports version $1" equal "$(ask version)" "version $1"
  asked=$((asked + 2))
  holds "the connection is counted on: request $asked" contains "$(ask count)" " $asked "
  holds "nothing is left of the transaction" nothing_pending
}
# killed COMMAND...: runs a package command that is killed; its status does not matter.
killed() { "$@" || true; }

install_programs
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
open_line 4040
asked=0
whole 4.0.1

say "%pre of the second package fails, the first one is installed:"
touch /var/tmp/fail.pre.egerl
holds "the package manager fails" refused put egerl=4.1.0 eglib=4.1.0
rm /var/tmp/fail.pre.egerl
holds "what did not come is reported" contains "$(<"$logs/command.log")" \
  'egerl: 4.1.0-1 was not installed, so the nodes are rolled back to 4.0.1-1'
holds "node: egerl 4.0.1 runs" equal "$(running egerl egerl)" '["4.0.1"]'
holds "node: eglib as it is installed" equal "$(running egerl eglib)" '["4.1.0"]'
holds "the other one once more" put egerl=4.1.0
whole 4.1.0

say "%pre of the first package fails, and the second one, which needs it, is installed all the same:"
holds "downgraded" put egerl=4.0.1 eglib=4.0.1
whole 4.0.1
touch /var/tmp/fail.pre.eglib
holds "the package manager fails" refused put egerl=4.1.0 eglib=4.1.0
rm /var/tmp/fail.pre.eglib
holds "rpmdb: a package without what it needs" equal "$(version_of egerl); $(version_of eglib)" \
  '4.1.0 install ok installed; 4.0.1 install ok installed'
holds "node: versions that fit together" equal "$(running egerl egerl)$(running egerl eglib)" '["4.0.1"]["4.0.1"]'
holds "the other one once more" put eglib=4.1.0
whole 4.1.0

if [[ $means == rpm ]]; then
  say "What rpm refuses before it unpacks is not seen by nodes: an older package,"
  holds "rpm refuses" refused packages rpm --upgrade "$logs/rpms/egerl-4.0.1.rpm" "$logs/rpms/eglib-4.0.1.rpm"
  holds "for that reason" contains "$(<"$logs/command.log")" 'is already installed'
  holds "nodes are not asked" refused grep -q erlrc-hook "$logs/command.log"
  whole 4.1.0
  say "and a damaged archive:"
  holds "downgraded" put egerl=4.0.1 eglib=4.0.1
  holds "the library" put eglib=4.1.0
  holds "rpm refuses" refused packages rpm --upgrade "$logs/plain/damaged.rpm"
  holds "for that reason" contains "$(<"$logs/command.log")" 'does not verify'
  holds "nodes are not asked" refused grep -q erlrc-hook "$logs/command.log"
  say "A conflict between files is found later:"
  holds "installed" packages rpm --install "$logs/plain/clash-4.1.0.rpm"
  holds "rpm refuses" refused put egerl=4.1.0
  holds "for that reason" contains "$(<"$logs/command.log")" 'conflicts'
  holds "the nodes are rolled back" contains "$(<"$logs/command.log")" 'so the nodes are rolled back to 4.0.1-1'
  holds "erased" packages rpm --erase clash
  holds "upgraded" put egerl=4.1.0
  whole 4.1.0

  say "A library that is too old for what the node runs:"
  holds "refused" refused packages rpm --upgrade --oldpackage --nodeps "$logs/rpms/eglib-4.0.1.rpm"
  holds "for that reason" contains "$(<"$logs/command.log")" 'refused: egerl 4.1.0-1 needs eglib (>= 4.1.0), and eglib is 4.0.1-1'
  whole 4.1.0

  say "A transaction that is only tested:"
  holds "it would work" packages rpm --upgrade --oldpackage --test "$logs/rpms/egerl-4.0.1.rpm"
  whole 4.1.0
fi

say "The package manager is killed after the nodes have followed, before anything is unpacked:"
holds "downgraded" put egerl=4.0.1 eglib=4.0.1
whole 4.0.1
holds "the library" put eglib=4.1.0
touch /var/tmp/kill.pre.egerl
killed put egerl=4.1.0
holds "rpmdb: 4.0.1" equal "$(version_of egerl)" '4.0.1 install ok installed'
holds "node: ahead of the files" equal "$(running egerl egerl)" '["4.1.0"]'
holds "recovered" packages erlrc-hook rpm recover
holds "node: 4.0.1 again" equal "$(running egerl egerl)" '["4.0.1"]'
holds "nothing is left of the transaction" nothing_pending
holds "recovered again: nothing to do" packages erlrc-hook rpm recover

say "The same, and the next transaction recovers:"
touch /var/tmp/kill.pre.egerl
killed put egerl=4.1.0
holds "upgraded" put egerl=4.1.0
whole 4.1.0

say "An upgrade that cannot work: the code_change of 4.2.0 crashes"
holds "the package manager refuses" refused put egerl=4.2.0
whole 4.1.0

say "Erased:"
holds "erased" take_away egerl eglib
holds "rpmdb: gone" refused rpm --query --quiet egerl eglib
holds "disk: gone" equal "$(directories)" ""
holds "node: neither is loaded" equal "$(on_node egerl '
  [A || {A, _, _} <- application:loaded_applications(), A =:= egerl orelse A =:= eglib].')" '[]'

say "No node is registered:"
rm /etc/erlrc.d/nodes/egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
holds "nothing is printed" refused grep -q erlrc "$logs/command.log"
