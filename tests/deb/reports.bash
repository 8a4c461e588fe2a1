# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Scenarios of public reports (field.md) about what stops a run of apt halfway: debconf, a full disk,
# another hook of apt, and another package that is broken. The node and the packages must agree after each.

has() {
  holds "$1 is installed as $2, and runs" \
    equal "$(version_of "$1") $(running egerl "$1")" "$2 install ok installed [\"$2\"]"
}

# with_debconf VSN: makes an egerl VSN whose postinst uses debconf, which takes over its standard output.
with_debconf() {
  local tree=/tmp/tree
  rm -rf $tree
  dpkg-deb -R "/srv/archive/egerl_$1_all.deb" $tree
  printf 'Template: egerl/port\nType: string\nDefault: 4040\nDescription: port\n' >$tree/DEBIAN/templates
  sed -i '2i . /usr/share/debconf/confmodule\ndb_get egerl/port' $tree/DEBIAN/postinst
  dpkg-deb --root-owner-group -Zgzip -b $tree "/tmp/egerl_$1_debconf.deb" >/dev/null
}
# broken: makes a package whose postinst fails.
broken() {
  local tree=/tmp/broken
  mkdir -p $tree/DEBIAN
  printf '%s\n' 'Package: broken' 'Version: 1' 'Architecture: all' 'Maintainer: erlrc tests <root@localhost>' \
    'Description: package whose postinst fails' >$tree/DEBIAN/control
  printf '#!/bin/sh\nexit 1\n' >$tree/DEBIAN/postinst
  chmod 0755 $tree/DEBIAN/postinst
  dpkg-deb --root-owner-group -Zgzip -b $tree /tmp/broken.deb >/dev/null
}

install_programs
install -m 0644 "$here/../../hooks/apt/20erlrc" /etc/apt/apt.conf.d/20erlrc
start_node egerl 4040
register_node egerl
put eglib=4.1.0 >/dev/null

say "A postinst with debconf:"
with_debconf 4.0.1
with_debconf 4.1.0
holds "installed" packages dpkg -i /tmp/egerl_4.0.1_debconf.deb
has egerl 4.0.1
holds "upgraded" packages dpkg -i /tmp/egerl_4.1.0_debconf.deb
has egerl 4.1.0

say "The disk is full when the new version is unpacked:"
holds "downgraded" put egerl=4.0.1
mkdir /usr/lib/erlang/lib/egerl-4.1.0
mount -t tmpfs -o size=8k tmpfs /usr/lib/erlang/lib/egerl-4.1.0
holds "the upgrade fails" refused put egerl=4.1.0
holds "since no space is left" contains "$(<"$logs/command.log")" 'No space left on device'
has egerl 4.0.1
umount /usr/lib/erlang/lib/egerl-4.1.0
holds "with space it succeeds" put egerl=4.1.0
has egerl 4.1.0

say "Another hook of apt stops the run after ours has looked ahead:"
echo 'DPkg::Pre-Install-Pkgs { "exit 10"; };' >/etc/apt/apt.conf.d/90other
holds "nothing is downgraded" refused put egerl=4.0.1
has egerl 4.1.0
holds "nothing is half done" nothing_pending
rm /etc/apt/apt.conf.d/90other
holds "without that hook it is" put egerl=4.0.1
has egerl 4.0.1

say "Another package of the same run is broken, and stays so:"
broken
holds "the run fails" refused packages apt-get install --yes /tmp/broken.deb egerl=4.1.0
has egerl 4.1.0
holds "the next one, too" refused put egerl=4.0.1
holds "but ours is downgraded" equal "$(version_of egerl) $(running egerl egerl)" '4.0.1 install ok installed ["4.0.1"]'
