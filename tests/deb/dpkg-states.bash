# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Scenarios of public reports (field.md) about packages that dpkg knows only in part: not configured,
# without their control files, replaced file by file, or waiting for an answer about a conffile. The node and the
# packages must agree after each.
. "$here/../support/dressed.bash"

quietly() { "$@" >"$logs/command.log" 2>&1; }
desired=/etc/erlrc.d/applications/egerl.d/egerl
runs() { equal "$(running egerl egerl)" "$1"; }
in_sync() { equal "$(erlrc-sync --dry-run egerl 2>&1)" 'erlrc-sync: (egerl) in_sync'; }

# without_start NAME: makes /tmp/NAME.deb of egerl 4.0.1, without the file that starts it: dpkg lets no package disappear
# that has a conffile left. egerl-server takes the place of egerl.
without_start() {
  local tree=/tmp/tree
  rm -rf $tree
  dpkg-deb -R /srv/archive/egerl_4.0.1_all.deb $tree
  rm -rf $tree/etc
  [[ $1 == egerl ]] || sed -i "s/^Package: .*/Package: $1/; \$aReplaces: egerl" $tree/DEBIAN/control
  dpkg-deb --root-owner-group -Zgzip -b $tree "/tmp/$1.deb" >/dev/null
}
# with_conffile VSN: makes an egerl VSN whose conffile /etc/egerl.conf contains its version.
with_conffile() {
  local tree=/tmp/tree
  rm -rf $tree
  dpkg-deb -R "$(deb egerl "$1")" $tree
  echo "$1" >$tree/etc/egerl.conf
  echo /etc/egerl.conf >>$tree/DEBIAN/conffiles
  dpkg-deb --root-owner-group -Zgzip -b $tree "/tmp/egerl_$1_conffile.deb" >/dev/null
}

for vsn in 4.0.1 4.1.0; do dress eglib "$vsn"; dress egerl "$vsn"; done
install_programs
start_node egerl 4040
register_node egerl

say "A package that is unpacked, and cannot be configured since a dependency is missing:"
holds "the installation fails" refused packages dpkg -i "$(deb egerl 4.0.1)"
holds "nothing runs" runs '[]'
holds "it is removed" packages dpkg --remove egerl
holds "and purged" packages dpkg --purge egerl
holds "nothing is left of it" refused ls -d /etc/erlrc.d/applications/egerl.d
holds "unpacked again" refused packages dpkg -i "$(deb egerl 4.0.1)"
holds "the dependency ends it" packages dpkg -i "$(deb eglib 4.1.0)"
holds "configured" packages dpkg --configure -a
has 4.0.1

say "The answer about a conffile cannot be given:"
with_conffile 4.0.1
with_conffile 4.1.0
holds "installed" packages dpkg -i /tmp/egerl_4.0.1_conffile.deb
echo changed >/etc/egerl.conf
no_answer() { packages dpkg -i "/tmp/egerl_$1_conffile.deb" </dev/null; }
holds "the upgrade fails" refused no_answer 4.1.0
holds "the node runs what is unpacked" runs '["4.1.0"]'
holds "and is in sync" in_sync
holds "dpkg continues" packages dpkg --configure --force-confold -a
has 4.1.0
holds "the same on the way down" refused no_answer 4.0.1
holds "and a removal instead" packages dpkg --remove egerl
holds "nothing runs" runs '[]'
holds "purged" packages dpkg --purge egerl

say "The administrator has deleted the start file, and dpkg is to restore missing conffiles:"
holds "installed" packages dpkg -i "$(deb egerl 4.0.1)"
rm $desired
holds "removed" packages dpkg --remove egerl
holds "installed" packages dpkg -i "$(deb egerl 4.0.1)"
holds "it does not run" runs '[]'
holds "the node is in sync" in_sync
holds "with --force-confmiss" packages dpkg -i --force-confmiss "$(deb egerl 4.0.1)"
has 4.0.1

say "All control files of packages are lost, as a page on interrupted upgrades advises:"
mv /var/lib/dpkg/info /var/lib/dpkg/info.away
mkdir /var/lib/dpkg/info
cp -a /var/lib/dpkg/info.away/format /var/lib/dpkg/info 2>/dev/null || true
holds "an upgrade" quietly dpkg -i "$(deb egerl 4.1.0)"
holds "reports that the node has to be restarted" \
  contains "$(<"$logs/command.log")" "erlrc-start: Starting 'egerl': (egerl) restart_due"
cp -a /var/lib/dpkg/info.away/. /tmp/info
rm -f /tmp/info/egerl.*
cp -a /tmp/info/. /var/lib/dpkg/info
rm -rf /var/lib/dpkg/info.away
holds "which keeps running the old version" runs '["4.0.1"]'
holds "a downgrade" packages dpkg -i "$(deb egerl 4.0.1)"
has 4.0.1

say "Another package replaces all files, so that the package disappears:"
without_start egerl
without_start egerl-server
packages dpkg --purge egerl
holds "installed" packages dpkg -i /tmp/egerl.deb
holds "started by the administrator" packages erlrc-start egerl 4.0.1
holds "the other one is installed" packages dpkg -i /tmp/egerl-server.deb
holds "and dpkg has no other" equal "$(installed egerl || echo -n 'not ')$(version_of egerl-server)" \
  'not 4.0.1 install ok installed'
holds "the application runs" runs '["4.0.1"]'
holds "the node is in sync" in_sync
holds "the other one is removed" packages dpkg --purge egerl-server
holds "it is stopped" runs '[]'
holds "no package is half done" nothing_pending

say "dpkg's database is not where it usually is (--admindir):"
cp -a /var/lib/dpkg /srv/database
elsewhere() { packages dpkg --admindir=/srv/database "$@"; }
holds "installed" elsewhere -i "$(deb egerl 4.0.1)"
holds "the node runs it" runs '["4.0.1"]'
holds "upgraded" elsewhere -i "$(deb egerl 4.1.0)"
holds "in the node, too" runs '["4.1.0"]'
holds "the other database does not know it" refused installed egerl
holds "purged" elsewhere --purge egerl
holds "it is stopped" runs '[]'
holds "nothing is left" refused ls -d /etc/erlrc.d/applications/egerl.d
