# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests an application that moves to another package: the node upgrades it, and its process keeps its
# state and its connections. The old package is egerl, the new one egerl-server.

deb() { echo "/srv/moved/$1_$2_all.deb"; }

# move VSN [RELATION...]: makes egerl-server VSN of egerl VSN, with these relations.
move() {
  local tree=/tmp/moved vsn=$1
  shift
  rm -rf $tree
  dpkg-deb -R "/srv/archive/egerl_${vsn}_all.deb" $tree
  sed -i 's/^Package: .*/Package: egerl-server/' $tree/DEBIAN/control
  printf '%s\n' "$@" >>$tree/DEBIAN/control
  mv $tree/etc/erlrc.d/applications/egerl.d $tree/etc/erlrc.d/applications/egerl-server.d
  mkdir -p /srv/moved
  dpkg-deb --root-owner-group -Zgzip -b $tree "$(deb egerl-server "$vsn")" >/dev/null
}
# transitional VSN [FIELD]: makes an egerl VSN without files, which needs egerl-server, by that field.
transitional() {
  local tree=/tmp/transitional field=${2-Depends}
  rm -rf $tree
  mkdir -p $tree/DEBIAN
  printf '%s\n' 'Package: egerl' "Version: $1" 'Architecture: all' 'Maintainer: erlrc tests <root@localhost>' \
    "$field: egerl-server" 'Description: transitional package' >$tree/DEBIAN/control
  dpkg-deb --root-owner-group -Zgzip -b $tree "$(deb egerl "$1")" >/dev/null
}
# apart VSN: puts the application of egerl-server VSN into a directory that is not next to that of egerl.
apart() {
  local tree=/tmp/apart deb
  deb=$(deb egerl-server "$1")
  rm -rf $tree
  dpkg-deb -R "$deb" $tree
  mkdir -p $tree/usr/lib/egerl-server
  mv "$tree/usr/lib/erlang/lib/egerl-$1" $tree/usr/lib/egerl-server/egerl
  sed -i "s,/usr/lib/erlang/lib/egerl-$1,/usr/lib/egerl-server/egerl," $tree/DEBIAN/erlrc
  dpkg-deb --root-owner-group -Zgzip -b $tree "$deb" >/dev/null
}
# archive: the packages that were made are the newest ones of apt's archive.
archive() {
  (cd /srv/moved && apt-ftparchive packages . >Packages)
  echo 'deb [trusted=yes] file:/srv/moved ./' >/etc/apt/sources.list.d/moved.list
  apt-get update >>"$logs/packages.log" 2>&1
}

# before: egerl 4.0.1 runs, and has answered over a connection.
before() {
  packages apt-get purge --yes egerl egerl-server >/dev/null 2>&1 || true
  put eglib=4.1.0 egerl=4.0.1 >/dev/null
  open_line 4040
  ask count >/dev/null
  state=$(on_node egerl 'sys:get_state(egerl_counter).')
}
# moved CLAIM COMMAND...: the command upgrades the application live.
moved() {
  local claim=$1
  shift
  say "$claim:"
  before
  holds "the command succeeds" packages "$@"
  holds "the node runs the new version" equal "$(running egerl egerl)" '["4.1.0"]'
  holds "the same connection is served by it" equal "$(ask version)" 'version 4.1.0'
  holds "nothing was stopped" refused grep -E 'erlrc-(start|stop): .* (started|stopped|unloaded)' "$logs/command.log"
  holds "the process has its state" contains "$(on_node egerl 'sys:get_state(egerl_counter).')" "${state%\}}"
  holds "the package is the new one" equal "$(version_of egerl-server)" '4.1.0 install ok installed'
  holds "its file makes the application desired" test -e /etc/erlrc.d/applications/egerl-server.d/egerl
  holds "the node agrees with the disk" equal "$(erlrc-sync --dry-run egerl)" 'erlrc-sync: (egerl) in_sync'
  holds "no backup is left" refused ls /var/lib/erlrc/backups/egerl
  close_line
}

install_programs
start_node egerl 4040
register_node egerl

move 4.1.0 'Breaks: egerl (<< 4.1.1)' 'Replaces: egerl (<< 4.1.1)'
transitional 4.1.1
archive
moved "A transitional package, by apt" apt-get install --yes --allow-downgrades egerl=4.1.1 egerl-server=4.1.0
moved "A transitional package, by dpkg" dpkg -i "$(deb egerl 4.1.1)" "$(deb egerl-server 4.1.0)"
moved "The same in the other order" dpkg --auto-deconfigure -i "$(deb egerl-server 4.1.0)" "$(deb egerl 4.1.1)"

rm -r /srv/moved
move 4.1.0 'Conflicts: egerl' 'Replaces: egerl' 'Provides: egerl'
archive
moved "A renamed package, by dpkg" dpkg -i "$(deb egerl-server 4.1.0)"
moved "A renamed package, by apt" apt-get install --yes egerl-server=4.1.0

say "The new package is configured before the old one leaves:"
rm -r /srv/moved
move 4.1.0
apart 4.1.0
transitional 4.1.1 Pre-Depends
archive
new=$(deb egerl-server 4.1.0) old=$(deb egerl 4.1.1)
moved "A transitional package, by apt" apt-get install --yes egerl=4.1.1 egerl-server=4.1.0
# afterwards COMMAND...: installs the new package, then runs the command.
afterwards() { dpkg -i "$new" && "$@"; }
moved "The same, by dpkg" afterwards dpkg -i "$old"
moved "The new package comes again with it" afterwards dpkg -i "$old" "$new"
moved "The old package is removed" afterwards apt-get remove --yes egerl
moved "The old package is purged" afterwards dpkg --purge egerl
unpacked_first() { dpkg --unpack "$new" && dpkg -i --force-depends "$old" && dpkg --configure -a; }
moved "The new package is only unpacked" unpacked_first

say "The node refuses the version of the package that is configured:"
# A version whose conversion fails: egerl 4.2.0.
move 4.2.0
apart 4.2.0
before
holds "the new package is installed" packages dpkg -i "$(deb egerl-server 4.2.0)"
holds "the old one is removed" packages dpkg --purge egerl
holds "the node runs the old version" equal "$(running egerl egerl)" '["4.0.1"]'
holds "it is served" equal "$(ask version)" 'version 4.0.1'
holds "from the backup, which stays" test -e /var/lib/erlrc/backups/egerl/egerl/egerl.app
holds "the version is refused once more" packages dpkg -i "$(deb egerl-server 4.2.0)"
holds "the node still runs the old version" equal "$(running egerl egerl)" '["4.0.1"]'
holds "the backup still stays" test -e /var/lib/erlrc/backups/egerl/egerl/egerl.app
move 4.1.0
apart 4.1.0
holds "a version that it accepts comes" packages dpkg -i "$(deb egerl-server 4.1.0)"
holds "the node runs that" equal "$(running egerl egerl)" '["4.1.0"]'
holds "the same connection is served by it" equal "$(ask version)" 'version 4.1.0'
holds "no backup is left" refused ls /var/lib/erlrc/backups/egerl
close_line
holds "no package is half done" nothing_pending

say "The package that has taken over is removed before the node has changed:"
move 4.2.0
apart 4.2.0
before
packages dpkg -i "$(deb egerl-server 4.2.0)"
packages dpkg --purge egerl
holds "the backup is there" test -e /var/lib/erlrc/backups/egerl/egerl/egerl.app
holds "the package is removed" packages dpkg --purge egerl-server
holds "the application is stopped" equal "$(running egerl egerl)" '[]'
holds "no backup is left" refused ls /var/lib/erlrc/backups/egerl
close_line
