# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, with live-build. Tests that images of Debian with hooked packages can be made on a host whose node
# runs the same packages: by mmdebstrap in each of its modes, by debootstrap in two stages, by sbuild and by live-build.
# The hooks are silent, and the host stays as it is. Arguments: only these tools.

. "$here/../support/dressed.bash"
. "$here/../support/image-host.bash"

# in_archive: adds the packages to the archive, without a dependency on Erlang, and makes it one with a suite.
in_archive() {
  local deb tree=/tmp/tree
  for deb in "$dressed"/*.deb; do
    rm -rf $tree
    dpkg-deb -R "$deb" $tree
    sed -i '/^Depends:/{s/erlang-base[^,]*//; s/: *, */: /; s/, *$//; /^Depends: *$/d}' $tree/DEBIAN/control
    dpkg-deb --root-owner-group -Zgzip -b $tree /srv/archive >/dev/null
  done
  cd /srv/archive
  rm -f egerl_4.2.0_all.deb
  mkdir -p dists/bookworm/main/binary-amd64
  apt-ftparchive packages . | tee Packages >dists/bookworm/main/binary-amd64/Packages
  printf 'APT::FTPArchive::Release::%s "%s";\n' Suite bookworm Codename bookworm Components main Architectures amd64 >/tmp/release.conf
  apt-ftparchive -c /tmp/release.conf release dists/bookworm >/tmp/Release
  mv /tmp/Release dists/bookworm/Release
  apt-ftparchive release . >/tmp/Release
  mv /tmp/Release .
  cd - >/dev/null
  apt-get update >>"$logs/packages.log" 2>&1
}

# has IMAGE: whether the packages are installed in the image, a directory or an archive.
has() {
  local status
  if [[ -d $1 ]]; then status=$(<"$1/var/lib/dpkg/status"); else status=$(tar -xOf "$1" ./var/lib/dpkg/status); fi
  equal "$(grep -A 1 -E '^Package: (erlrc|eglib|egerl)$' <<<"$status" | grep -c '^Status: install ok installed$')" 3
}

# mmdebstrap_in MODE VARIANT [OPTION...]: makes /tmp/images/MODE.tar.
mmdebstrap_in() {
  local mode=$1 variant=$2 image=/tmp/images/$1.tar as=()
  shift 2
  [[ $variant == custom ]] || set -- --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr "$@"
  [[ $mode == root || $mode == chrootless ]] || as=(setpriv --reuid=builder --regid=builder --init-groups env HOME=/home/builder)
  rm -f "$image"
  packages "${as[@]}" mmdebstrap --mode=$mode --variant=$variant --verbose --include=erlrc,eglib,egerl "$@" bookworm "$image" \
    'deb [trusted=yes] copy:///srv/archive bookworm main'
}

by_mmdebstrap() {
  for row in 'root minbase' 'unshare minbase' 'fakechroot minbase' 'chrootless custom'; do
    read -r mode variant <<<"$row"
    say "mmdebstrap --mode=$mode:"
    holds "an image is made" mmdebstrap_in $mode $variant
    holds "with the packages" has /tmp/images/$mode.tar
    holds "without a word" quiet
    holds "the host is as before" unchanged
    say "The same with the host's own entry of the node:"
    install -m 0444 /etc/erlrc.d/nodes/egerl /tmp/images/entry
    holds "an image is made" mmdebstrap_in $mode $variant \
      --setup-hook='mkdir -p "$1/etc/erlrc.d/nodes"; install -m 0600 /tmp/images/entry "$1/etc/erlrc.d/nodes/egerl"'
    holds "with the packages" has /tmp/images/$mode.tar
    holds "the host is as before" unchanged
  done
}

by_debootstrap() {
  say "debootstrap, in two stages:"
  image=/srv/foreign
  holds "the first stage" packages debootstrap --foreign --no-check-gpg --variant=minbase --include=erlrc,eglib,egerl \
    bookworm $image file:///srv/archive
  holds "the second stage" packages chroot $image /debootstrap/debootstrap --second-stage
  holds "with the packages" has $image
  cp $image/var/log/bootstrap.log "$logs/command.log"
  holds "without a word" quiet
  holds "the host is as before" unchanged

  say "A chroot as on build machines:"
  printf '#!/bin/sh\nexit 101\n' >$image/usr/sbin/policy-rc.d
  chmod 0755 $image/usr/sbin/policy-rc.d
  mkdir -p $image/srv/archive
  mount --bind /srv/archive $image/srv/archive
  mount --bind /proc $image/proc
  echo 'deb [trusted=yes] file:/srv/archive ./' >$image/etc/apt/sources.list
  chroot $image apt-get update >>"$logs/packages.log" 2>&1
  for command in "install --reinstall eglib egerl" "remove egerl" "install egerl" "purge egerl eglib erlrc"; do
    holds "apt-get $command" packages chroot $image apt-get --yes --allow-downgrades $command
    holds "without a word" quiet
  done
  umount $image/proc $image/srv/archive
  holds "the host is as before" unchanged
}

# source_package DIR: a source package that is built with egerl, and fails unless its application is there.
source_package() {
  mkdir -p "$1/debian/source"
  printf '%s\n' 'Source: needs-egerl' 'Maintainer: erlrc tests <root@localhost>' 'Build-Depends: egerl, erlrc' \
    'Standards-Version: 4.6.2' 'Rules-Requires-Root: no' '' 'Package: needs-egerl' 'Architecture: all' \
    'Description: package that is built with egerl' >"$1/debian/control"
  printf 'needs-egerl (1) bookworm; urgency=medium\n\n  * Test.\n\n -- %s  Sat, 28 Nov 2026 12:00:00 +0000\n' \
    'erlrc tests <root@localhost>' >"$1/debian/changelog"
  echo '3.0 (native)' >"$1/debian/source/format"
  cat >"$1/debian/rules" <<'RULES'
#!/usr/bin/make -f
build build-indep build-arch binary-arch clean:
binary binary-indep: build
	test -e /usr/lib/erlang/lib/egerl-4.1.0/ebin/egerl.app
	mkdir -p debian/tmp/DEBIAN
	dpkg-gencontrol
	dpkg-deb --build debian/tmp ..
RULES
  chmod 0755 "$1/debian/rules"
}

# by_sbuild: as build machines do, in a chroot that is made for one build and thrown away.
by_sbuild() {
  say "sbuild --chroot-mode=unshare:"
  local chroot=/home/builder/.cache/sbuild/bookworm-amd64.tar
  as=(setpriv --reuid=builder --regid=builder --init-groups env HOME=/home/builder USER=builder LOGNAME=builder)
  "${as[@]}" mkdir -p "${chroot%/*}" /home/builder/{built,extra}
  cp /srv/archive/{erlrc_1,eglib_4.1.0,egerl_4.1.0}_all.deb /home/builder/extra
  holds "a chroot is made" packages "${as[@]}" mmdebstrap --mode=unshare --variant=buildd --include=apt,fakeroot \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --customize-hook='rm "$1/etc/apt/sources.list"' \
    bookworm $chroot 'deb [trusted=yes] copy:///srv/archive bookworm main'
  source_package /home/builder/needs-egerl
  chown -R builder /home/builder/needs-egerl
  cd /home/builder/built
  holds "a package is built with the packages" packages "${as[@]}" sbuild --chroot-mode=unshare --dist=bookworm \
    --arch-all --no-apt-update --no-apt-upgrade --no-apt-distupgrade --no-run-lintian \
    --extra-package=/home/builder/extra /home/builder/needs-egerl
  cd - >/dev/null
  cat /home/builder/built/*.build >"$logs/sbuild.log"
  holds "it is there" test -e /home/builder/built/needs-egerl_1_all.deb
  holds "they were installed there" grep -q '^Setting up egerl (4.1.0)' "$logs/sbuild.log"
  cp "$logs/sbuild.log" "$logs/command.log"
  holds "without a word" quiet
  holds "the host is as before" unchanged
}

# by_live-build: its first two stages, in which all packages are installed.
by_live-build() {
  say "live-build:"
  mkdir -p /srv/live/config/package-lists
  cd /srv/live
  packages lb config noauto --mode debian --system normal --distribution bookworm --archive-areas main \
    --mirror-bootstrap file:///srv/archive --mirror-chroot file:///srv/archive --mirror-binary file:///srv/archive \
    --security false --updates false --apt-secure false --apt-recommends false --apt-source-archives false \
    --debootstrap-options --variant=minbase --linux-packages none --cache false
  printf '%s\n' erlrc eglib egerl >config/package-lists/erlrc.list.chroot
  holds "the stage bootstrap" packages lb bootstrap
  holds "the stage chroot" packages lb chroot
  cd - >/dev/null
  holds "with the packages" has /srv/live/chroot
  holds "without a word" quiet
  holds "the host is as before" unchanged
}

dress eglib 4.1.0
dress egerl 4.1.0
dress_erlrc erlrc-hook erlrc-make-boot-script erlrc-upgrade erlrc-start erlrc-stop
in_archive
install_programs
# Takes minutes, and is of no interest here.
rm -f /var/lib/man-db/auto-update
useradd --create-home builder
install -d -o builder /tmp/images
holds "the tools are installed" packages apt-get install --yes --no-install-recommends \
  mmdebstrap fakechroot uidmap live-build sbuild
start_node egerl 4040
register_node egerl
holds "the host has the packages, of other versions" packages apt-get install --yes eglib=4.0.1 egerl=4.0.1
holds "and the node runs them" equal "$(running egerl egerl)" '["4.0.1"]'
mkdir -p /var/lib/erlrc
host >"$logs/before"

(( $# )) || set -- mmdebstrap debootstrap sbuild live-build
for tool in "$@"; do "by_$tool"; done
