# SPDX-License-Identifier: BSD-3-Clause
# Sourced after dressed.bash by tests in which packages change in an image: the host must stay as it is.

# dress_erlrc [PROGRAM...]: makes a package with erlrc's own triggers and scripts, and these programs.
dress_erlrc() {
  local tree=$logs/own
  rm -rf "$tree"
  install -d -m 0755 "$tree/DEBIAN" "$tree/var/lib/erlrc" "$tree/usr/bin"
  cp "$here/../../hooks/dpkg/erlrc.triggers" "$tree/DEBIAN/triggers"
  { sed '1a set -e' "$here/../../hooks/dpkg/triggered"; } >"$tree/DEBIAN/postinst"
  sed '/#DEBHELPER#/d' "$here/../../debian/erlrc.postrm" >"$tree/DEBIAN/postrm"
  chmod 0755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/postrm"
  (( ! $# )) || cp "${@/#/$logs/stage/usr/bin/}" "$tree/usr/bin"
  printf '%s\n' 'Package: erlrc' 'Version: 1' 'Architecture: all' 'Maintainer: erlrc tests <root@localhost>' \
    'Description: scripts of erlrc' >"$tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -b "$tree" "$dressed/erlrc_1_all.deb" >/dev/null
}

# host: all that belongs to the host, as one text.
host() {
  running egerl egerl
  running egerl eglib
  find /etc/erlrc.d /var/lib/erlrc /run/erlrc /usr/lib/erlang/lib/eg* -printf '%p %s %T@\n' | sort
}

# unchanged: whether the host is still as in $logs/before; prints what differs.
unchanged() { diff "$logs/before" <(host); }

# quiet: whether the hooks printed nothing.
quiet() { refused grep -E '^erlrc-|warning: .*erlrc-' "$logs/command.log"; }
