# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests two packages that ship the same application, with the scripts of dh_erlrc: egerl, and a bundle that
# has it in a directory of its own, as rabbitmq-server has base64url.
. "$here/../support/dressed.bash"

# bundle VSN [unstarted]: makes bundle VSN with egerl VSN, which it starts or not.
bundle() {
  local tree=$logs/tree script own=usr/lib/bundle/egerl-$1
  rm -rf "$tree"
  dpkg-deb -R "/srv/archive/egerl_$1_all.deb" "$tree"
  install -d "$tree/${own%/*}"
  mv "$tree/usr/lib/erlang/lib/egerl-$1" "$tree/$own"
  sed -i 's/^Package: .*/Package: bundle/' "$tree/DEBIAN/control"
  echo "egerl $1 /$own/ebin" >"$tree/DEBIAN/erlrc"
  mv "$tree/etc/erlrc.d/applications/egerl.d" "$tree/etc/erlrc.d/applications/bundle.d"
  [[ ! ${2-} ]] || rm -r "$tree/etc"
  (cd "$tree" && find etc -type f -printf '/%p\n' 2>/dev/null) >"$tree/DEBIAN/conffiles" || true
  for script in preinst postinst prerm postrm; do
    { printf '#!/bin/sh\nset -e\n'
      if [[ $script == p*inst && ! ${2-} ]]; then snippet "$script-erlrc-applications" egerl bundle; fi
      snippet "$script-erlrc" egerl bundle
      if [[ $script == postrm && ! ${2-} ]]; then snippet "$script-erlrc-applications" egerl bundle; fi; } >"$tree/DEBIAN/$script"
  done
  dpkg-deb --root-owner-group -Zgzip -b "$tree" "$dressed/bundle${2:+-$2}_$1_all.deb" >/dev/null
}
runs() { running egerl egerl; }
directory() { on_node egerl 'list_to_atom(code:lib_dir(egerl)).' | tr -d "'"; }
in_sync() { equal "$(erlrc-sync --dry-run egerl 2>&1)" 'erlrc-sync: (egerl) in_sync'; }
state() { on_node egerl 'sys:get_state(egerl_counter).'; }
unsaid() { refused grep -F "$1" "$logs/command.log"; }
# lines TEXT: how many lines of the last command contain it.
lines() { grep -cF "$1" "$logs/command.log"; }
# begun PACKAGE...: only these packages (files) are installed; the application runs and has answered.
begun() {
  dpkg --purge egerl bundle >>"$logs/packages.log" 2>&1
  holds "packages are installed" packages dpkg -i "$@"
  open_line 4040
  ask count >/dev/null
  before=$(state)
}
# same STATE: whether the process is as before, and serves the same connection.
same() { equal "$(ask version)" "version $1" && equal "$(state)" "$before"; close_line; }

for vsn in 4.0.1 4.1.0; do dress eglib "$vsn"; dress egerl "$vsn"; bundle "$vsn"; bundle "$vsn" unstarted; done
dress egerl 4.2.0
bundle 4.2.0
bundle 4.2.0 unstarted
install_programs
start_node egerl 4040
register_node egerl
holds "installed" packages dpkg -i "$(deb eglib 4.1.0)"
egerl=/usr/lib/erlang/lib/egerl bundle=/usr/lib/bundle/egerl

for how in bundle bundle-unstarted; do
  say "The same version in egerl and in $how:"
  begun "$(deb egerl 4.0.1)"
  holds "the other one is installed" packages dpkg -i "$(deb $how 4.0.1)"
  holds "which changes nothing" same 4.0.1
  holds "in sync" in_sync
  holds "the bundle is removed" packages dpkg --remove bundle
  holds "silently" unsaid erlrc-
  holds "the application runs" equal "$(runs) $(directory)" "[\"4.0.1\"] $egerl-4.0.1"
  holds "in sync" in_sync

  say "The package from which it runs is removed:"
  begun "$(deb egerl 4.0.1)" "$(deb $how 4.0.1)"
  holds "egerl is removed" packages dpkg --remove egerl
  holds "silently" unsaid erlrc-
  holds "the application runs on" same 4.0.1
  holds "from the other package" equal "$(runs) $(directory)" "[\"4.0.1\"] $bundle-4.0.1"
  holds "in sync" in_sync
  holds "egerl comes back" packages dpkg -i "$(deb egerl 4.0.1)"
  holds "the application runs" equal "$(runs)" '["4.0.1"]'
  holds "in sync" in_sync
  holds "both are removed" packages dpkg --remove egerl bundle
  holds "it is stopped" equal "$(runs)" '[]'

  say "Another version, in $how:"
  begun "$(deb egerl 4.0.1)"
  holds "is installed" packages dpkg -i "$(deb $how 4.1.0)"
  holds "silently" unsaid erlrc-
  holds "what runs is as before" same 4.0.1
  holds "is upgraded" packages dpkg -i "$(deb $how 4.2.0)"
  holds "silently" unsaid erlrc-
  holds "and downgraded" packages dpkg -i "$(deb $how 4.1.0)"
  holds "silently" unsaid erlrc-
  holds "in sync" in_sync
  holds "egerl is upgraded" packages dpkg -i "$(deb egerl 4.1.0)"
  holds "in the node" equal "$(runs) $(directory)" "[\"4.1.0\"] $egerl-4.1.0"
  holds "in sync" in_sync
  holds "and downgraded" packages dpkg -i "$(deb egerl 4.0.1)"
  holds "in the node" equal "$(runs) $(directory)" "[\"4.0.1\"] $egerl-4.0.1"
  holds "egerl is removed" packages dpkg --remove egerl
  holds "the application is upgraded to the other one" equal "$(runs) $(directory)" "[\"4.1.0\"] $bundle-4.1.0"
  holds "in sync" in_sync
done

say "The version that both have runs, and one of them is upgraded:"
begun "$(deb egerl 4.0.1)" "$(deb bundle 4.0.1)"
holds "upgraded" packages dpkg -i "$(deb bundle 4.1.0)"
holds "the node follows" equal "$(runs) $(directory)" "[\"4.1.0\"] $bundle-4.1.0"
holds "in sync" in_sync
close_line

say "The node refuses the version of the package that stays:"
begun "$(deb egerl 4.1.0)"
holds "installed" packages dpkg -i "$(deb bundle 4.2.0)"
holds "egerl is removed" packages dpkg --remove egerl
holds "the node runs the old version" same 4.1.0
holds "the reason is printed once" equal "$(lines rolled_back)" 1
holds "that dpkg continues, too" equal "$(lines 'dpkg continues')" 1
holds "no package is half done" nothing_pending
