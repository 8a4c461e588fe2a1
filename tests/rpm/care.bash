# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Packages of unusual shapes: a version that is built again, several applications in one package, one
# directory for all versions, a package that gives up its hooks, and Erlang itself in the same transaction.

# make_rpm NAME VSN RELEASE APP-VSN=EBIN...: makes an rpm of these applications, $made/NAME-VSN-RELEASE.rpm.
made=$logs/care
make_rpm() {
  local word name=$1 vsn=$2 release=$3
  shift 3
  {
    printf '%s\n' "Name: $name" "Version: $vsn" "Release: $release" 'Summary: for tests' 'License: BSD' 'BuildArch: noarch' \
      '%description' 'For tests.' '%install' 'mkdir -p %{buildroot}/usr/lib/erlang/lib'
    for word in "$@"; do echo "mkdir %{buildroot}/usr/lib/erlang/lib/${word%%=*}; cp -r ${word#*=} %{buildroot}/usr/lib/erlang/lib/${word%%=*}/ebin"; done
    printf '%s\n' '%erlrc_install' '%erlrc_scriptlets' '%files -f erlrc.files'
    for word in "$@"; do echo "/usr/lib/erlang/lib/${word%%=*}"; done
  } >/tmp/made.spec
  rpmbuild -bb --define "_topdir /tmp/top" --define "_rpmdir $made" \
    --define '_libdir /usr/lib' --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.rpm' /tmp/made.spec >>"$logs/build.log" 2>&1
}
# change COMMAND FILE...: COMMAND is what dnf calls it.
change() {
  if [[ $means == rpm* ]]; then packages rpm --upgrade --oldpackage "${@:2}"; else packages dnf_command "$@"; fi
}
# serves EGERL EGLIB TEXT: checks what the node runs and what the library makes of a text.
serves() {
  holds "node: egerl $1, eglib $2" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$2\"]"
  holds "code of the library" equal "$(ask 'say hello')" "said $3"
  asked=$((asked + 2))
  holds "the connection is counted on: request $asked" contains "$(ask count)" " $asked "
  holds "nothing is left of the transaction" nothing_pending
}

install_programs
install -m 0644 -t /usr/lib/rpm/macros.d "$here/../../hooks/rpm/macros.erlrc"
beam=$(echo /usr/lib/erlang/erts-*/bin/beam.smp)
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
open_line 4040
asked=0
serves 4.0.1 4.0.1 hello

say "The same version, built again with other code:"
cp -r "$logs/eglib-4.0.1/ebin" /tmp/rebuilt
cp "$logs/eglib-4.1.0/ebin/eglib_text.beam" /tmp/rebuilt
holds "built" make_rpm eglib 4.0.1 2 eglib-4.0.1=/tmp/rebuilt
holds "upgraded" change upgrade "$made/eglib-4.0.1-2.rpm"
serves 4.0.1 4.0.1 HELLO
holds "and back" change downgrade "$logs/rpms/eglib-4.0.1.rpm"
serves 4.0.1 4.0.1 hello

say "One directory for all versions:"
holds "upgraded to that" change upgrade "$logs/one/eglib-4.1.0.rpm"
serves 4.0.1 4.1.0 HELLO
if [[ $means != *-alone ]]; then  # there, the .appup of the old version is still in the directory of the new one
  holds "downgraded within it" change downgrade "$logs/one/eglib-4.0.1.rpm"
  serves 4.0.1 4.0.1 hello
  holds "disk: one directory" equal "$(cd /usr/lib/erlang/lib && echo eglib*)" eglib
  holds "upgraded within it" change upgrade "$logs/one/eglib-4.1.0.rpm"
  serves 4.0.1 4.1.0 HELLO
fi
holds "and back to a directory for each" change downgrade "$logs/rpms/eglib-4.0.1.rpm"
serves 4.0.1 4.0.1 hello

say "The new version has no hooks:"
"$here/../support/make-rpm" --plain eglib 4.1.0 "$logs/eglib-4.1.0/ebin" "$logs/plain"
holds "upgraded" change upgrade "$logs/plain/eglib-4.1.0.rpm"
serves 4.0.1 4.1.0 HELLO
holds "and back" change downgrade "$logs/rpms/eglib-4.0.1.rpm"
serves 4.0.1 4.0.1 hello

say "Several applications in one package:"
close_line
holds "removed" take_away egerl eglib
for vsn in 4.0.1 4.1.0; do
  holds "built" make_rpm both "$vsn" 1 "egerl-$vsn=$logs/egerl-$vsn/ebin" "eglib-$vsn=$logs/eglib-$vsn/ebin"
done
holds "installed" change install "$made/both-4.0.1-1.rpm"
open_line 4040
asked=0
serves 4.0.1 4.0.1 hello
holds "upgraded" change upgrade "$made/both-4.1.0-1.rpm"
serves 4.1.0 4.1.0 HELLO
holds "downgraded" change downgrade "$made/both-4.0.1-1.rpm"
serves 4.0.1 4.0.1 hello
close_line
holds "removed" take_away both
holds "node: stopped" equal "$(running egerl egerl)$(running egerl eglib)" '[][]'
if [[ $means == dnf* ]]; then
  holds "installed again" change install "$made/both-4.1.0-1.rpm"
  holds "node: started" equal "$(running egerl egerl)$(running egerl eglib)" '["4.1.0"]["4.1.0"]'
  holds "dnf undoes that" packages dnf_command history undo last
  holds "node: stopped" equal "$(running egerl egerl)$(running egerl eglib)" '[][]'
fi

if [[ $means == rpm ]]; then
  say "Our plugin without scriptlets, and in another root directory:"
  holds "installed" put eglib=4.0.1 egerl=4.0.1
  holds "upgraded" packages rpm --upgrade --noscripts "$logs/rpms/egerl-4.1.0.rpm" "$logs/rpms/eglib-4.1.0.rpm"
  open_line 4040
  asked=0
  serves 4.1.0 4.1.0 HELLO
  holds "installed again" packages rpm --upgrade --replacepkgs "$logs/rpms/egerl-4.1.0.rpm"
  serves 4.1.0 4.1.0 HELLO
  holds "in another root" packages rpm --root /tmp/root --install --nodeps --noscripts "$logs/rpms/egerl-4.0.1.rpm"
  holds "nothing is printed" refused grep -q erlrc-hook "$logs/command.log"
  serves 4.1.0 4.1.0 HELLO
  close_line
  holds "removed" take_away egerl eglib
fi

say "Erlang is upgraded in the same transaction:"
for vsn in 1 2; do
  printf '%s\n' 'Name: erlang-erts' "Version: $vsn" 'Release: 1' 'Summary: for tests' 'License: BSD' '%global __os_install_post %{nil}' \
    'AutoReqProv: no' '%description' 'For tests.' '%install' "install -D $beam %{buildroot}$beam" '%files' "$beam" >/tmp/erts.spec
  rpmbuild -bb --define "_topdir /tmp/top" --define "_rpmdir $made" --define '_build_name_fmt %%{NAME}-%%{VERSION}.rpm' \
    --define 'debug_package %{nil}' /tmp/erts.spec >>"$logs/build.log" 2>&1
done
holds "installed" packages rpm --upgrade "$made/erlang-erts-1.rpm"
stop_nodes
start_node egerl 4040
holds "installed" put eglib=4.0.1 egerl=4.0.1
open_line 4040
asked=0
serves 4.0.1 4.0.1 hello
holds "upgraded" change upgrade "$made/erlang-erts-2.rpm" "$logs/rpms/egerl-4.1.0.rpm" "$logs/rpms/eglib-4.1.0.rpm"
holds "rpmdb" equal "$(rpm --query --queryformat '%{VERSION} ' erlang-erts egerl eglib)" '2 4.1.0 4.1.0 '
if [[ $means == *-alone ]]; then  # scriptlets are called when the node's Erlang is replaced already
  serves 4.0.1 4.0.1 hello
else
  serves 4.1.0 4.1.0 HELLO
fi
holds "a restart is due" contains "$(<"$logs/command.log")" restart_due
