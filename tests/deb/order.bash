# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that applications are started and stopped in the order in which they need each other,
# also where the relations of their packages do not give it: zegerl, which has the application egerl, only
# recommends eglib, or both packages depend on each other.

# made NAME DEB SED: makes /tmp/NAME.deb of the package, with another control file.
made() {
  local tree=/tmp/tree
  rm -rf $tree
  dpkg-deb -R "$2" $tree
  sed -i "$3" $tree/DEBIAN/control
  dpkg-deb --root-owner-group -Zgzip -b $tree "/tmp/$1.deb" >/dev/null
}
runs() { equal "$(running egerl eglib)$(running egerl egerl)" "$1"; }
# in_order LINE...: the last command has printed these lines of ours, and no others.
in_order() { equal "$(tr -d '\r' <"$logs/command.log" | grep '^erlrc-')" "$(printf '%s\n' "$@")"; }
stopped_in_order() {
  in_order "erlrc-stop: Stopping 'egerl': (egerl) unloaded" "erlrc-stop: Stopping 'eglib': (egerl) unloaded"
}

install_programs
start_node egerl 4040
register_node egerl
eglib=/srv/archive/eglib_4.0.1_all.deb egerl=/srv/archive/egerl_4.0.1_all.deb
made zegerl $egerl 's/^Depends: .*/Recommends: eglib/; s/^Package: .*/Package: zegerl/'
made zegerl-needs $egerl 's/^Package: .*/Package: zegerl/'
made eglib-needs $eglib 's/^Depends: /Depends: zegerl, /'
made eglib-egerl $eglib 's/^Depends: /Depends: egerl, /'

for debs in "$eglib /tmp/zegerl.deb" "/tmp/eglib-needs.deb /tmp/zegerl-needs.deb"; do
  for command in "apt-get remove --yes" "apt-get purge --yes" "dpkg --remove" "dpkg -P"; do
    say "$debs are removed by $command:"
    # shellcheck disable=SC2086
    holds "installed" packages dpkg -i $debs
    holds "both run" runs '["4.0.1"]["4.0.1"]'
    # shellcheck disable=SC2086
    holds "removed" packages $command eglib zegerl
    holds "the application is stopped before what it needs" stopped_in_order
  done
  dpkg --purge zegerl eglib >>"$logs/packages.log" 2>&1
done

say "By autoremove:"
holds "installed" packages dpkg -i "$eglib" /tmp/zegerl.deb
apt-mark auto eglib zegerl >>"$logs/packages.log" 2>&1
holds "removed" packages apt-get autoremove --yes
holds "the application is stopped before what it needs" stopped_in_order

say "The library alone:"
holds "installed" packages dpkg -i "$eglib" /tmp/zegerl.deb
holds "removed" packages dpkg --remove eglib
holds "what still needs it is reported" \
  in_order 'erlrc-hook: eglib: nodes keep running egerl 4.0.1, which needs it' \
  "erlrc-stop: Stopping 'eglib': (egerl) unloaded"
holds "and keeps running" runs '[]["4.0.1"]'
dpkg --purge zegerl eglib >>"$logs/packages.log" 2>&1

say "Packages are configured before those with what their applications need:"
holds "installed" packages dpkg -i /tmp/eglib-egerl.deb $egerl
holds "both run" runs '["4.0.1"]["4.0.1"]'
dpkg --purge egerl eglib >>"$logs/packages.log" 2>&1
holds "installed" packages dpkg -i /tmp/zegerl.deb "$eglib"
holds "both run" runs '["4.0.1"]["4.0.1"]'
holds "the administrator stops the application" packages erlrc-stop --no-unload egerl 4.0.1
holds "the library is installed again" packages dpkg -i "$eglib"
holds "which does not start it" runs '["4.0.1"][]'
holds "no package is half done" nothing_pending
