# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, without a plugin of ours. Every way in which a transaction fails or is killed ends with rpmdb,
# files and node in agreement, or with both versions installed, the old one in the node, and a way out that is
# reported and works.

# whole VSN_OF_EGERL [VSN_OF_EGLIB]: checks that rpmdb, files, node and service agree, that nothing is left of
# the transaction, and that the counter still counts.
whole() {
  local lib=${2-$1}
  holds "rpmdb: egerl $1, eglib $lib" \
    equal "$(version_of egerl); $(version_of eglib)" "$1 install ok installed; $lib install ok installed"
  holds "disk: only these" equal "$(directories)" "egerl-$1 eglib-$lib "
  runs "$1" "$lib"
}
# runs VSN_OF_EGERL VSN_OF_EGLIB: the part of it about the node.
runs() {
  keeps "$1" "$2"
  holds "nothing is left of the transaction" nothing_pending
}
# keeps VSN_OF_EGERL VSN_OF_EGLIB: the same after a transaction without an end, which the next one ends.
keeps() {
  holds "node: egerl $1, eglib $2" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$2\"]"
  holds "code path: only installed directories" equal "$(on_node egerl '
    [D || D <- code:get_path(), string:find(D, "egerl") =/= nomatch orelse string:find(D, "eglib") =/= nomatch,
     string:find(D, "/usr/lib/erlang/lib/") =:= nomatch orelse not filelib:is_dir(D)].')" '[]'
  asked=$((asked + 1))
  holds "the connection is counted on: request $asked" contains "$(ask count)" " $asked "
}
# both EGERL EGLIB: checks which directories are on disk, and that the output names the way out.
both() {
  holds "disk: both versions" equal "$(directories)" "$1"
  holds "the way out is reported" contains "$(<"$logs/command.log")" "dnf history undo last"
}

install_programs
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
open_line 4040
asked=0
whole 4.0.1

say "Upgraded as one set, before the first old version is removed:"
holds "upgraded" put egerl=4.1.0 eglib=4.1.0
whole 4.1.0
holds "downgraded" put egerl=4.0.1 eglib=4.0.1
whole 4.0.1

say "A refusal: all packages of the transaction have both versions, and the node runs the old ones:"
holds "the package manager fails" refused put egerl=4.2.0 eglib=4.1.0
both 'egerl-4.0.1 egerl-4.2.0 eglib-4.0.1 eglib-4.1.0 '
runs 4.0.1 4.0.1
holds "the way out" way_out egerl=4.2.0 eglib=4.1.0
whole 4.0.1
holds "and the next upgrade works" put egerl=4.1.0 eglib=4.1.0
whole 4.1.0

say "The other way: the old version is erased, which upgrades the node:"
holds "downgraded" put egerl=4.0.1
whole 4.0.1 4.1.0
touch /var/tmp/fail.preun.egerl
holds "a foreign %preun fails before ours" refused put egerl=4.1.0
rm /var/tmp/fail.preun.egerl
runs 4.0.1 4.1.0
holds "erased" packages rpm --erase egerl-4.0.1-1
whole 4.1.0

say "%pre of the library fails, and rpm installs the package that needs its new version all the same:"
holds "downgraded" put egerl=4.0.1 eglib=4.0.1
touch /var/tmp/fail.pre.eglib
holds "the package manager fails" refused put egerl=4.1.0 eglib=4.1.0
rm /var/tmp/fail.pre.eglib
both 'egerl-4.0.1 egerl-4.1.0 eglib-4.0.1 '
runs 4.0.1 4.0.1
holds "the way out" packages rpm --erase egerl-4.1.0-1
whole 4.0.1

say "rpm is killed when the new files are there, before the node was asked:"
touch /var/tmp/kill.post.egerl
put egerl=4.1.0 eglib=4.1.0 || true
holds "node: egerl 4.0.1" equal "$(running egerl egerl)" '["4.0.1"]'
holds "recovered" packages erlrc-hook rpm recover
both 'egerl-4.0.1 egerl-4.1.0 eglib-4.0.1 eglib-4.1.0 '
runs 4.0.1 4.0.1
holds "the new ones are erased" packages rpm --erase egerl-4.1.0-1 eglib-4.1.0-1
whole 4.0.1

say "The same, and the old ones are erased, the library first:"
touch /var/tmp/kill.post.egerl
put egerl=4.1.0 eglib=4.1.0 || true
holds "not what the other one still needs" refused packages rpm --erase egerl-4.0.1-1
keeps 4.0.1 4.0.1
holds "erased" packages rpm --erase eglib-4.0.1-1
holds "erased" packages rpm --erase egerl-4.0.1-1
whole 4.1.0

say "rpm is killed when the node has followed, while the old versions are being removed:"
holds "downgraded" put egerl=4.0.1
touch /var/tmp/kill.preun-end.egerl
put egerl=4.1.0 || true
holds "recovered" packages erlrc-hook rpm recover
runs 4.1.0 4.1.0
holds "the old version is erased" packages rpm --erase egerl-4.0.1-1
whole 4.1.0

say "rpm is killed at the end:"
holds "downgraded" put egerl=4.0.1
touch /var/tmp/kill.posttrans.egerl
put egerl=4.1.0 || true
holds "recovered" packages erlrc-hook rpm recover
whole 4.1.0

say "The same version again:"
holds "installed" packages rpm --upgrade --replacepkgs "$logs/rpms/egerl-4.1.0.rpm"
whole 4.1.0

say "Another package takes its place:"
holds "upgraded" put egerl-server=4.1.0
holds "rpmdb: the old package is gone" refused rpm --query --quiet egerl
runs 4.1.0 4.1.0
close_line
holds "removed" take_away egerl-server
holds "node: stopped" equal "$(running egerl egerl)" '[]'
holds "and back" put egerl=4.1.0
open_line 4040
asked=0
whole 4.1.0

say "Without scriptlets, nodes do not follow, and are not asked either:"
holds "downgraded" packages rpm --upgrade --oldpackage --noscripts "$logs/rpms/egerl-4.0.1.rpm"
holds "node: egerl 4.1.0" equal "$(running egerl egerl)" '["4.1.0"]'
holds "and back" packages rpm --upgrade --noscripts "$logs/rpms/egerl-4.1.0.rpm"
whole 4.1.0

say "Another root directory is not that of the node:"
for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*') /usr/bin/erlrc-hook /etc/erlrc.d/nodes/egerl; do
  install -D "$file" "/tmp/root/$file"
done
holds "installed there" packages rpm --root /tmp/root --install --nodeps "$logs/rpms/egerl-4.0.1.rpm"
holds "nothing is printed" refused grep -q erlrc-hook "$logs/command.log"
runs 4.1.0 4.1.0

say "Without erlrc, packages are installed and erased as ever:"
close_line
mv /usr/bin/erlrc-hook /usr/bin/erlrc-hook.away
holds "downgraded" put egerl=4.0.1
holds "erased" take_away egerl eglib
holds "disk: gone" equal "$(directories)" ""
mv /usr/bin/erlrc-hook.away /usr/bin/erlrc-hook

say "Without a node, nothing is printed and nothing is left:"
rm /etc/erlrc.d/nodes/egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
holds "upgraded" put eglib=4.1.0 egerl=4.1.0
holds "nothing is printed" refused grep -q erlrc-hook "$logs/command.log"
holds "nothing is left" nothing_pending
