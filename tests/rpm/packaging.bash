# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. What the macros and the dependency generators make of a spec file, and the example of
# hooks/rpm, which is installed, upgraded, downgraded and removed.

# build SPEC VSN DIR: makes rpms from the spec file and its version of the example; the messages are in
# $logs/build.log.
build() {
  local work
  work=$(mktemp --directory)
  cp -r "$here/../../hooks/debhelper/example" "$work/erlang-hello-$2"
  [[ ! -d $here/../support/hello/$2 ]] || cp -r "$here/../support/hello/$2/." "$work/erlang-hello-$2"
  tar --create --gzip --file "$work/erlang-hello-$2.tar.gz" --directory "$work" "erlang-hello-$2"
  sed "s/^Version: .*/Version: $2/" "$1" >"$work/example.spec"
  rpmbuild -bb --nodeps --define "_topdir $work/top" --define "_sourcedir $work" --define "_rpmdir $3" \
    --define "_libdir /usr/lib" --define '_build_name_fmt %%{NAME}-%%{VERSION}.rpm' "$work/example.spec" >"$logs/build.log" 2>&1
}
# asks OPTION PACKAGE: prints what the rpm declares about erlrc and its applications, in one line.
asks() { rpm --query "$1" --package "$3/$2.rpm" | grep -E 'erl|/etc' | tr -s ' \n' ' '; }

install_programs
cp -r "$logs"/rpm-stage/usr/lib/rpm/. /usr/lib/rpm
out=$logs/hello
example=$here/../../hooks/rpm/example/erlang-hello.spec

say "The example:"
for vsn in 1.0.0 1.1.0 1.2.0; do holds "built: $vsn" build "$example" "$vsn" "$out"; done
holds "it provides its application" \
  equal "$(asks --provides erlang-hello-1.1.0 "$out")" \
  "config(erlang-hello) = 1.1.0-1 erlang-app(hello) = 1.1.0 erlang-hello = 1.1.0-1 erlang-hello(x86-64) = 1.1.0-1 "
holds "what Erlang has without a package is not required" \
  equal "$(asks --requires erlang-hello-1.1.0 "$out")" "config(erlang-hello) = 1.1.0-1 "
holds "its files" equal "$(rpm --query --list --package "$out/erlang-hello-1.1.0.rpm" | grep erlrc)" \
  '/etc/erlrc.d/applications/erlang-hello.d
/etc/erlrc.d/applications/erlang-hello.d/hello
/usr/lib/erlrc/packages/erlang-hello
/usr/lib/erlrc/packages/erlang-hello/1.1.0-1'
holds "each scriptlet is one guarded line" equal \
  "$(rpm --query --scripts --package "$out/erlang-hello-1.1.0.rpm" | grep -v '^preinst\|^preun\|^posttrans' | sed '/^$/d')" \
  'if [ -x /usr/bin/erlrc-hook ]; then /usr/bin/erlrc-hook rpm pre erlang-hello 1.1.0-1 "$1" || exit 1; fi
if [ -x /usr/bin/erlrc-hook ]; then /usr/bin/erlrc-hook rpm preun erlang-hello 1.1.0-1 "$1" || exit 1; fi
if [ -x /usr/bin/erlrc-hook ]; then /usr/bin/erlrc-hook rpm posttrans erlang-hello 1.1.0-1 "$1" || :; fi'

say "Its life:"
start_node hello 4040
register_node hello
for step in 'install 1.0.0 rpm --install' 'upgrade 1.1.0 rpm --upgrade' 'refusal 1.2.0 ! rpm --upgrade' \
  'downgrade 1.0.0 rpm --upgrade --oldpackage'; do
  read -r what vsn command <<<"$step"
  # shellcheck disable=SC2086
  if [[ $command == '! '* ]]; then
    holds "$what" refused packages ${command#! } "$out/erlang-hello-$vsn.rpm"
    vsn=1.1.0
  else
    holds "$what" packages $command "$out/erlang-hello-$vsn.rpm"
  fi
  holds "node: hello $vsn" equal "$(running hello hello)" "[\"$vsn\"]"
done
holds "both versions that were there are replaced" equal "$(rpm --query erlang-hello)" erlang-hello-1.0.0-1.x86_64
rm /etc/erlrc.d/applications/erlang-hello.d/hello
holds "an upgrade" packages rpm --upgrade "$out/erlang-hello-1.1.0.rpm"
holds "does not make an application desired again" refused test -e /etc/erlrc.d/applications/erlang-hello.d/hello
holds "node: hello 1.1.0, since it ran" equal "$(running hello hello)" '["1.1.0"]'
holds "removed" packages rpm --erase erlang-hello
holds "node: stopped" equal "$(running hello hello)" '[]'
holds "disk: nothing is left" refused find /usr/lib/erlrc/packages/erlang-hello /usr/lib/erlang/lib/hello-1.1.0 -quit 2>/dev/null

say "A subpackage, an epoch, a policy, and relations between applications:"
cat >/tmp/two.spec <<'END'
Name: two
Epoch: 1
Version: 1.0.0
Release: 1
Summary: two packages
License: BSD
%global debug_package %{nil}
%description
For tests.
%package -n two-lib
Summary: a library
%description -n two-lib
For tests.
%install
for app in two two_lib; do mkdir -p %{buildroot}%{_erlrc_appdir}/$app-2.0/ebin; done
echo '{application, two, [{vsn, "2.0"}, {applications, [kernel, two_lib, foreign]}, {included_applications, [inner]},
  {optional_applications, [foreign]}]}.' >%{buildroot}%{_erlrc_appdir}/two-2.0/ebin/two.app
echo '{application, two_lib, [{vsn, "2.0-rc1"}]}.' >%{buildroot}%{_erlrc_appdir}/two_lib-2.0/ebin/two_lib.app
%erlrc_install -d %{_erlrc_appdir}/two-2.0 -p restart -N a,b@host -s none
%erlrc_install -n two-lib -d %{_erlrc_appdir}/two_lib-2.0 -p leave
%erlrc_scriptlets -p restart -u two.service,other.service
%erlrc_scriptlets -n two-lib -p leave
%files -f erlrc.files
%{_erlrc_appdir}/two-2.0
%files -n two-lib -f two-lib.erlrc.files
%{_erlrc_appdir}/two_lib-2.0
END
holds "built" build /tmp/two.spec 1.0.0 "$out"
holds "what starts is printed" contains "$(<"$logs/build.log")" 'erlrc_install: two starts none'
holds "provided" contains "$(asks --provides two-1.0.0 "$out")" 'erlang-app(two) = 2.0 '
holds "a version that rpm would not accept is left out" equal "$(asks --provides two-lib-1.0.0 "$out")" 'erlang-app(two_lib) '
holds "required" equal "$(asks --requires two-1.0.0 "$out")" 'erlang-app(inner) erlang-app(two_lib) '
holds "recommended" equal "$(asks --recommends two-1.0.0 "$out")" 'erlang-app(foreign) '
holds "the control members" equal "$(for package in two two-lib; do
    rpm2archive -n - <"$out/$package-1.0.0.rpm" | tar --extract --to-stdout --wildcards './usr/lib/erlrc/packages/*/1:1.0.0-1'; done)" \
  'policy = restart
nodes = a b@host
two 2.0 /usr/lib/erlang/lib/two-2.0/ebin
policy = leave
two_lib 2.0-rc1 /usr/lib/erlang/lib/two_lib-2.0/ebin'
holds "nothing is started" refused grep -q applications/two.d/ <<<"$(rpm --query --list --package "$out/two-1.0.0.rpm")"
holds "its services are marked" contains "$(rpm --query --scripts --package "$out/two-1.0.0.rpm")" \
  'for unit in $(echo two.service,other.service | tr , '\'' '\''); do systemctl set-property "$unit" Markers=+needs-restart'

say "A spec file with a mistake is not built:"
sed '/two-2.0\/ebin\/two.app/d; s/two two_lib;/two_lib;/; /included/d; /optional/d' /tmp/two.spec >/tmp/none.spec
holds "no application" refused build /tmp/none.spec 1.0.0 "$out"
holds "the reason" contains "$(<"$logs/build.log")" 'erlrc_install: two has no ebin/*.app'
sed 's/-p restart -u/-p soon -u/' /tmp/two.spec >/tmp/none.spec
holds "an unknown policy" refused build /tmp/none.spec 1.0.0 "$out"
