# SPDX-License-Identifier: BSD-3-Clause
# Sourced after deb.bash: packages with the scripts that dh_erlrc adds, made without debhelper.

# Packages with the scripts that dh_erlrc adds, and the conffile of its applications.
scripts=$here/../../hooks/debhelper/autoscripts
dressed=$logs/dressed
mkdir -p "$dressed"

# snippet NAME APP PACKAGE: as debhelper inserts it.
snippet() { [[ ! -e $scripts/$1 ]] || sed "s/#APPLICATIONS#/$2/; s/#PACKAGE#/$3/; s/#UNITS#/egerl.service/" "$scripts/$1"; }

# dress PACKAGE VSN: makes $dressed/PACKAGE_VSN_all.deb of the package in the archive.
dress() {
  local tree=$logs/tree script
  rm -rf "$tree"
  dpkg-deb -R "/srv/archive/$1_$2_all.deb" "$tree"
  (cd "$tree" && find etc -type f -printf '/%p\n') >"$tree/DEBIAN/conffiles"
  for script in preinst postinst prerm postrm; do
    { printf '#!/bin/sh\nset -e\n'
      if [[ $script == p*inst ]]; then snippet "$script-erlrc-applications" "$1" "$1"; fi
      snippet "$script-erlrc" "$1" "$1"
      if [[ $script == postrm ]]; then snippet "$script-erlrc-applications" "$1" "$1"; fi
      snippet "$script-erlrc-restart" "$1" "$1"; } >"$tree/DEBIAN/$script"
  done
  dpkg-deb --root-owner-group -Zgzip -b "$tree" "$dressed/$1_$2_all.deb" >/dev/null
}
deb() { echo "$dressed/$1_$2_all.deb"; }
