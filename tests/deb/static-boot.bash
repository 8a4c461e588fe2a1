# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Tests a node with a static boot file that a trigger keeps up to date.

. "$here/../support/service.bash"

# install_trigger_package: installs a package with the triggers of the package erlrc, and what its postinst
# does for them.
install_trigger_package() {
  local tree=$logs/trigger
  install -d -m 0755 "$tree/DEBIAN"
  install -m 0644 "$here/../../hooks/dpkg/erlrc.triggers" "$tree/DEBIAN/triggers"
  { echo '#!/bin/sh'; echo 'set -e'; cat "$here/../../hooks/dpkg/triggered"; } >"$tree/DEBIAN/postinst"
  chmod 0755 "$tree/DEBIAN/postinst"
  printf '%s\n' 'Package: erlrc-triggers' 'Version: 1' 'Architecture: all' 'Maintainer: erlrc tests <root@localhost>' \
    'Description: triggers' >"$tree/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$tree" "$logs/trigger.deb" >/dev/null
  packages dpkg -i "$logs/trigger.deb"
}
in_script() { grep -o "start_boot,\[eg[a-z]*,[a-z]*\]" /var/lib/erlrc/boot/one.script | tr '\n' ' '; }
directories_in_script() { grep -o '/eg[a-z]*-[0-9.]*/ebin' /var/lib/erlrc/boot/one.script | sort -u | tr '\n' ' '; }

install_programs
systemctl daemon-reload
holds "the triggers are installed" install_trigger_package
install -d -m 0755 /etc/erlrc.d/boot
echo '# nothing but the applications of packages' >/etc/erlrc.d/boot/one
echo ERLRC_BOOT_FILE=/var/lib/erlrc/boot/one >/etc/default/erlrc-one

holds "packages are installed" put eglib=4.0.1 egerl=4.0.1
holds "the boot file starts them" \
  equal "$(in_script)" 'start_boot,[eglib,temporary] start_boot,[egerl,temporary] '
holds "the boot file names their directories" \
  equal "$(directories_in_script)" '/egerl-4.0.1/ebin /eglib-4.0.1/ebin '
holds "the node boots" systemctl start erlrc@one
holds "it runs them" equal "$(versions one)" '["4.0.1"]["4.0.1"]'
holds "it booted with that file" contains "$(on_node one 'init:get_argument(boot).')" /var/lib/erlrc/boot/one

holds "an upgrade" put eglib=4.1.0 egerl=4.1.0
holds "the node runs it" equal "$(versions one)" '["4.1.0"]["4.1.0"]'
holds "the boot file names the new directories" equal "$(directories_in_script)" '/egerl-4.1.0/ebin /eglib-4.1.0/ebin '
holds "after a restart" systemctl restart erlrc@one
holds "it runs them again" equal "$(versions one)" '["4.1.0"]["4.1.0"]'

say "An application that cannot be started:"
touch /etc/erlrc.d/applications/nosuch
before=$(sha256sum /var/lib/erlrc/boot/one.*)
holds "a package of another application is installed" packages dpkg -i "$logs/trigger.deb"
holds "the boot file has not changed" equal "$(sha256sum /var/lib/erlrc/boot/one.*)" "$before"
holds "packages are installed all the same" put egerl=4.0.1
holds "the reason why the boot file cannot be made is reported" contains "$(<"$logs/command.log")" \
  'erlrc-make-boot-script: /var/lib/erlrc/boot/one.boot: nosuch: no directory of the code path has nosuch.app'
holds "the old one is not kept, since it names a directory that is gone" contains "$(<"$logs/command.log")" \
  '/egerl-4.1.0/ebin, which is gone'
holds "the boot file names no application" equal "$(in_script)$(directories_in_script)" ''
rm /etc/erlrc.d/applications/nosuch
holds "with it, the node starts its applications by erlrc_boot" systemctl restart erlrc@one
holds "in the installed versions" equal "$(versions one)" '["4.0.1"]["4.1.0"]'

holds "a removal" take_away egerl
holds "the boot file starts only the other application" equal "$(in_script)" 'start_boot,[eglib,temporary] '
holds "the node is restarted" systemctl restart erlrc@one
holds "it runs only that application" equal "$(versions one)" '[]["4.1.0"]'

say "An application that is not in Erlang's directory, but named by its package:"
tree=/tmp/tree
for vsn in 4.0.1 4.1.0; do
  rm -rf $tree
  dpkg-deb -R /srv/archive/egerl_${vsn}_all.deb $tree
  mv $tree/usr/lib/erlang/lib/egerl-$vsn $tree/usr/lib/egerl-$vsn
  rm -r $tree/usr/lib/erlang
  sed -i 's,/usr/lib/erlang/lib/egerl-,/usr/lib/egerl-,' $tree/DEBIAN/erlrc
  # As dh_erlrc does for such packages.
  echo 'activate-noawait erlrc-applications' >$tree/DEBIAN/triggers
  dpkg-deb --root-owner-group --build $tree /tmp/egerl_$vsn.deb >/dev/null
done
for vsn in 4.0.1 4.1.0; do
  holds "it is installed, or upgraded" packages dpkg -i /tmp/egerl_$vsn.deb
  holds "and runs" equal "$(versions one)" "[\"$vsn\"][\"4.1.0\"]"
  holds "the boot file starts it" equal "$(in_script)" 'start_boot,[eglib,temporary] start_boot,[egerl,temporary] '
  holds "from there" grep -q "/usr/lib/egerl-$vsn/ebin" /var/lib/erlrc/boot/one.script
  holds "after a restart" systemctl restart erlrc@one
  holds "it runs" equal "$(versions one)" "[\"$vsn\"][\"4.1.0\"]"
done
rm /etc/default/erlrc-one
holds "after a restart without the boot file" systemctl restart erlrc@one
holds "it runs, too" equal "$(versions one)" '["4.1.0"]["4.1.0"]'
holds "its directory is the last one of the code path" \
  equal "$(on_node one 'lists:suffix("/usr/lib/egerl-4.1.0/ebin", lists:last(code:get_path())).')" true
holds "the package is removed" packages dpkg --remove egerl
holds "the boot file starts only the other application" equal "$(in_script)" 'start_boot,[eglib,temporary] '
holds "no package is half done" nothing_pending
