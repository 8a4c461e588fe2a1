# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests the upgrade of packages whose conffiles were directly in the directory of applications, as
# older versions of dh_erlrc installed them, to those in a directory for each package.
. "$here/../support/dressed.bash"

desired=/etc/erlrc.d/applications
# old PACKAGE VSN: makes $dressed/old_PACKAGE_VSN_all.deb, with the conffile at its old place and no snippets for it.
old() {
  local tree=$logs/tree
  rm -rf "$tree"
  dpkg-deb -R "$(deb "$1" "$2")" "$tree"
  mv "$tree$desired/$1.d/$1" "$tree$desired/$1.new"
  rmdir "$tree$desired/$1.d"
  mv "$tree$desired/$1.new" "$tree$desired/$1"
  echo "$desired/$1" >"$tree/DEBIAN/conffiles"
  for script in preinst postinst prerm postrm; do
    { printf '#!/bin/sh\nset -e\n'; snippet "$script-erlrc" "$1" "$1"; } >"$tree/DEBIAN/$script"
  done
  dpkg-deb --root-owner-group -Zgzip -b "$tree" "$dressed/old_$1_$2_all.deb" >/dev/null
}
old_deb() { echo "$dressed/old_$1_$2_all.deb"; }
# unstarted PACKAGE VSN: makes $dressed/unstarted_PACKAGE_VSN_all.deb, which does not start its application.
unstarted() {
  local tree=$logs/tree
  rm -rf "$tree"
  dpkg-deb -R "$(deb "$1" "$2")" "$tree"
  rm -r "${tree:?}/etc" "$tree/DEBIAN/conffiles"
  for script in preinst postinst prerm postrm; do
    { printf '#!/bin/sh\nset -e\n'
      [[ $script == prerm ]] || snippet erlrc-not-started "$1" "$1"
      snippet "$script-erlrc" "$1" "$1"; } >"$tree/DEBIAN/$script"
  done
  dpkg-deb --root-owner-group -Zgzip -b "$tree" "$dressed/unstarted_$1_$2_all.deb" >/dev/null
}
unstarted_deb() { echo "$dressed/unstarted_$1_$2_all.deb"; }
# files: prints the files of egerl there.
files() { (cd $desired && find . -name '*egerl*' -type f | sort | tr '\n' ' '); }
conffiles() { dpkg-query --show --showformat='${Conffiles}\n' egerl | grep -v obsolete | awk 'NF {print $1}' | tr '\n' ' '; }
runs() { running egerl egerl; }
# begun: the old package is installed, and nothing else of it is there.
begun() {
  quietly dpkg --purge egerl
  rm -rf "${desired:?}"/*egerl*
  holds "a package of the old layout" packages dpkg -i "$(old_deb egerl 4.0.1)"
  holds "is started" equal "$(runs) $(files)" '["4.0.1"] ./egerl '
}
quietly() { "$@" >>"$logs/packages.log" 2>&1; }

for vsn in 4.0.1 4.1.0; do dress eglib "$vsn"; dress egerl "$vsn"; done
dress egerl 4.2.0
old egerl 4.0.1
unstarted egerl 4.1.0
unstarted egerl 4.2.0
install_programs
start_node egerl 4040
register_node egerl
holds "installed" packages dpkg -i "$(deb eglib 4.1.0)"

say "An upgrade:"
begun
holds "succeeds" packages dpkg -i "$(deb egerl 4.1.0)"
holds "and moves the conffile" equal "$(files)$(conffiles)" "./egerl.d/egerl $desired/egerl.d/egerl "
holds "the application was upgraded" equal "$(runs)" '["4.1.0"]'
holds "a second upgrade" packages dpkg -i "$(deb egerl 4.1.0)"
holds "changes nothing" equal "$(files)$(conffiles)" "./egerl.d/egerl $desired/egerl.d/egerl "
holds "a removal" packages dpkg --remove egerl
holds "leaves only the conffile" equal "$(files)" './egerl.d/egerl.dpkg-old '
holds "a purge" packages dpkg --purge egerl
holds "nothing" equal "$(files)" ''

say "The administrator has deleted the conffile:"
begun
rm $desired/egerl
holds "an upgrade" packages dpkg -i "$(deb egerl 4.1.0)"
holds "keeps that" equal "$(files)" ''
holds "what runs is upgraded" equal "$(runs)" '["4.1.0"]'
holds "so does the next one" packages dpkg -i "$(deb egerl 4.1.0)"
holds "no conffile" equal "$(files)" ''

say "The administrator has changed it:"
begun
echo '# by the administrator' >>$desired/egerl
holds "an upgrade" packages dpkg -i "$(deb egerl 4.1.0)"
holds "keeps his version" equal "$(files)" './egerl.d/egerl ./egerl.dpkg-bak '

say "An upgrade that fails:"
begun
holds "fails" refused packages dpkg -i "$(deb eglib 4.1.0)" "$(deb egerl 4.2.0)"
holds "and leaves everything as it was" \
  equal "$(version_of egerl) $(files)$(runs)" '4.0.1 install ok installed ./egerl ["4.0.1"]'

say "The same file is made by the administrator, for an application of a package with the new layout:"
begun
quietly dpkg --purge egerl
touch $desired/egerl
holds "an installation" packages dpkg -i "$(deb egerl 4.0.1)"
holds "an upgrade" packages dpkg -i "$(deb egerl 4.1.0)"
holds "it stays" equal "$(files)" './egerl ./egerl.d/egerl '

# starts: a package that starts the application is installed, and nothing else of it is there.
starts() {
  quietly dpkg --purge egerl
  rm -rf "${desired:?}"/*egerl*
  holds "a package that starts its application" packages dpkg -i "$(deb egerl 4.0.1)"
  holds "is started" equal "$(runs) $(files)" '["4.0.1"] ./egerl.d/egerl '
}

say "The new version does not start the application any more:"
starts
holds "an upgrade" packages dpkg -i "$(unstarted_deb egerl 4.1.0)"
holds "removes the conffile" equal "$(files)$(conffiles)" ''
holds "and its directory" refused test -e $desired/egerl.d
holds "what runs is upgraded" equal "$(runs)" '["4.1.0"]'
holds "a removal" packages dpkg --remove egerl
holds "and an installation" packages dpkg -i "$(unstarted_deb egerl 4.1.0)"
holds "do not start it" equal "$(runs)" '[]'
holds "a downgrade" packages dpkg -i "$(deb egerl 4.0.1)"
holds "starts it" equal "$(runs) $(files)" '["4.0.1"] ./egerl.d/egerl '

say "The same, and the upgrade fails:"
starts
holds "fails" refused packages dpkg -i "$(deb eglib 4.1.0)" "$(unstarted_deb egerl 4.2.0)"
holds "and leaves everything as it was" \
  equal "$(version_of egerl) $(files)$(runs)" '4.0.1 install ok installed ./egerl.d/egerl ["4.0.1"]'

say "The same, and the administrator has changed the conffile:"
starts
echo '# by the administrator' >>$desired/egerl.d/egerl
holds "an upgrade" packages dpkg -i "$(unstarted_deb egerl 4.1.0)"
holds "keeps a copy" equal "$(files)" './egerl.d/egerl.dpkg-bak '
holds "a purge" packages dpkg --purge egerl
holds "removes it" equal "$(ls $desired)" eglib.d
