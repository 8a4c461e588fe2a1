# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, with fakechroot. Tests that packages which are installed, upgraded and removed in an image do
# not change the host: by dpkg from outside of it, and in a fakechroot. Both have the same packages.

. "$here/../support/dressed.bash"
. "$here/../support/image-host.bash"

# life IMAGE COMMAND...: the life of the packages, with COMMAND as dpkg.
life() {
  local image=$1
  shift
  holds "installed" packages "$@" -i "$(deb erlrc 1)" "$(deb eglib 4.0.1)" "$(deb egerl 4.0.1)"
  holds "the application is desired there" test -e "$image/etc/erlrc.d/applications/egerl.d/egerl"
  holds "upgraded, to a version that every running node would refuse" \
    packages "$@" -i "$(deb eglib 4.1.0)" "$(deb egerl 4.2.0)"
  holds "without a word" quiet
  holds "downgraded" packages "$@" -i "$(deb eglib 4.0.1)" "$(deb egerl 4.0.1)"
  holds "removed" packages "$@" --remove egerl
  holds "without a word" quiet
  holds "the application is not desired there any longer" \
    equal "$(ls "$image/etc/erlrc.d/applications/egerl.d")" egerl.dpkg-old
  holds "installed again" packages "$@" -i "$(deb egerl 4.0.1)"
  holds "the application is desired again" equal "$(ls "$image/etc/erlrc.d/applications/egerl.d")" egerl
  install -d -m 0750 "$image/etc/erlrc.d/nodes"
  echo cookie >"$image/etc/erlrc.d/nodes/other"
  echo 'hooks = on' >"$image/etc/erlrc.d/erlrc.conf"
  holds "purged, with erlrc" packages "$@" --purge egerl eglib erlrc
  holds "the entries of nodes are removed there, with their cookies" refused ls "$image"/etc/erlrc.d/nodes/*
  holds "and named" contains "$(grep '^erlrc: removed' "$logs/command.log")" other
  holds "so are settings" refused test -e "$image/etc/erlrc.d/erlrc.conf"
  holds "nothing of erlrc is left there" equal "$(ls "$image/var/lib/erlrc" 2>/dev/null)" ''
}

for vsn in 4.0.1 4.1.0; do dress eglib "$vsn"; done
for vsn in 4.0.1 4.1.0 4.2.0; do dress egerl "$vsn"; done
dress_erlrc
install_programs
start_node egerl 4040
register_node egerl
holds "the host has the packages" packages dpkg -i "$(deb erlrc 1)" "$(deb eglib 4.0.1)" "$(deb egerl 4.0.1)"
holds "and the node runs them" equal "$(running egerl egerl)" '["4.0.1"]'
install -d -m 0755 /etc/erlrc.d/boot /var/lib/erlrc/boot /var/lib/erlrc/backups/x
touch /etc/erlrc.d/boot/one
host >"$logs/before"

say "dpkg --root --force-script-chrootless:"
image=/srv/image
mkdir -p $image/var/lib/dpkg/{info,updates,triggers} $image/etc $image/run/erlrc $image/var/lib/erlrc/{boot,backups}
touch $image/var/lib/dpkg/{status,available}
life $image dpkg --root=$image --force-script-chrootless --force-depends
holds "the host is as before" unchanged

say "fakechroot, as root:"
apt-get install --yes fakechroot >>"$logs/packages.log" 2>&1 || say "   FAILED  fakechroot is not installed"
# A copy of the system is made by an overlay, in which the packages are not known.
mkdir -p /tmp/copy /tmp/changes/upper /tmp/changes/work
mount -t overlay overlay -o lowerdir=/,upperdir=/tmp/changes/upper,workdir=/tmp/changes/work /tmp/copy
cp -a "$dressed" /tmp/copy/dressed
dressed=/dressed
chroot /tmp/copy dpkg --purge egerl eglib erlrc >>"$logs/packages.log" 2>&1
mkdir -p /tmp/copy/var/lib/erlrc/boot
life /tmp/copy fakechroot chroot /tmp/copy dpkg
holds "the host is as before" unchanged
umount /tmp/copy
