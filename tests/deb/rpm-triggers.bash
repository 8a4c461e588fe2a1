# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests a static boot file that file triggers keep up to date.

top=$logs/rpm
# make_rpm NAME VSN: builds it from the spec on standard input.
make_rpm() {
  mkdir -p "$top"
  cat >"$top/$1.spec"
  rpmbuild -bb --quiet --define "_topdir $top" --define "_rpmdir $logs" --define "_libdir /usr/lib" \
    --define "_build_name_fmt $1-$2.rpm" "$top/$1.spec" >>"$logs/rpmbuild.log" 2>&1
}
header() { printf '%s\n' "Name: $1" "Version: $2" 'Release: 1' 'Summary: for tests' 'License: BSD' 'BuildArch: noarch'; }
application() {
  {
    header "$1" "$2"
    printf '%s\n' '%description' '%install' "mkdir -p %{buildroot}/usr/lib/erlang/lib %{buildroot}/etc/erlrc.d/applications" \
      "cp -r $logs/random/$1-$2 %{buildroot}/usr/lib/erlang/lib" "touch %{buildroot}/etc/erlrc.d/applications/$1" \
      '%files' "/usr/lib/erlang/lib/$1-$2" "/etc/erlrc.d/applications/$1"
  } | make_rpm "$1" "$2"
}
# triggers: builds a package with the file triggers of the package erlrc.
triggers() {
  { header triggers 1
    printf '%s\n' '%description' '%files'
    cat "$here/../../hooks/rpm/erlrc.filetriggers"; } | make_rpm triggers 1
}
rpm_command() { rpm --nodeps "$@" >"$logs/command.log" 2>&1; }
directories_in_script() {
  { grep -o '/r[a-z]-[0-9.]*/ebin' /var/lib/erlrc/boot/one.script || true; } | sort -u | tr '\n' ' '
}

install_programs
"$here/../support/make-random-apps" "$logs/random" >"$logs/random.list"
install -d -m 0755 /etc/erlrc.d/boot
touch /etc/erlrc.d/boot/one
for vsn in 1.0.0 2.0.0; do holds "a package ra-$vsn" application ra "$vsn"; done
holds "a package rb-1.0.0, which needs ra" application rb 1.0.0
holds "a package with the triggers" triggers
holds "that is installed" rpm_command -i "$logs/triggers-1.rpm"

holds "an installation" rpm_command -i "$logs/ra-1.0.0.rpm" "$logs/rb-1.0.0.rpm"
holds "the boot file has it" equal "$(directories_in_script)" '/ra-1.0.0/ebin /rb-1.0.0/ebin '
holds "an upgrade" rpm_command -U "$logs/ra-2.0.0.rpm"
holds "the boot file has the new version" equal "$(directories_in_script)" '/ra-2.0.0/ebin /rb-1.0.0/ebin '
holds "a package that another one needs is removed" rpm_command -e ra
holds "the trigger does not prevent that" refused rpm -q ra
holds "the reason why the boot file is old is reported" contains "$(<"$logs/command.log")" \
  'erlrc-make-boot-script: /var/lib/erlrc/boot/one.boot: ra: no directory of the code path has ra.app'
holds "all is removed" rpm_command -e rb
holds "the boot file has none of the applications" equal "$(directories_in_script)" ''
