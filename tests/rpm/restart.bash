# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Packages with the policy restart mark their services, and a trigger of erlrc restarts
# these once, at the end of the transaction.

# make_rpm VSN: a package of eglib whose services are marked.
make_rpm() {
  {
    printf '%s\n' 'Name: eglib' "Version: $1" 'Release: 1' 'Summary: for tests' 'License: BSD' 'BuildArch: noarch' '%description' 'For tests.' \
      '%install' "mkdir -p %{buildroot}/usr/lib/erlang/lib/eglib-$1" "cp -r $logs/eglib-$1/ebin %{buildroot}/usr/lib/erlang/lib/eglib-$1/ebin" \
      '%erlrc_install -p restart' '%erlrc_scriptlets -p restart -u marked.service,stopped.service' '%files -f erlrc.files' "/usr/lib/erlang/lib/eglib-$1"
  } >/tmp/made.spec
  built /tmp/made.spec
}
built() {
  rpmbuild -bb --define "_topdir /tmp/top" --define "_rpmdir $logs/restart" --define '_libdir /usr/lib' \
    --define '_build_name_fmt %%{NAME}-%%{VERSION}.rpm' "$1" >>"$logs/build.log" 2>&1
}
starts() { wc -l </run/starts; }

install_programs
install -m 0644 -t /usr/lib/rpm/macros.d "$here/../../hooks/rpm/macros.erlrc"
{
  printf '%s\n' 'Name: triggers' 'Version: 1' 'Release: 1' 'Summary: for tests' 'License: BSD' 'BuildArch: noarch' '%description' 'For tests.'
  cat "$here/../../hooks/rpm/erlrc.filetriggers"
  echo '%files'
} >/tmp/triggers.spec
holds "built" built /tmp/triggers.spec
for vsn in 4.0.1 4.1.0; do holds "built" make_rpm "$vsn"; done
for name in marked stopped; do
  printf '%s\n' '[Service]' 'ExecStartPre=/bin/sh -c "echo %n >>/run/starts"' 'ExecStart=/bin/sleep infinity' >"/etc/systemd/system/$name.service"
done
systemctl daemon-reload
systemctl start marked
holds "the triggers of erlrc" packages rpm --install "$logs/restart/triggers-1.rpm"
start_node egerl 4040
register_node egerl
holds "installed" packages rpm --install "$logs/restart/eglib-4.0.1.rpm"
holds "a first installation restarts nothing" equal "$(starts)" 1
holds "upgraded" packages rpm --upgrade "$logs/restart/eglib-4.1.0.rpm"
holds "the service was restarted once, and one that is stopped was not started" equal "$(paste -sd' ' /run/starts)" \
  'marked.service marked.service'
holds "it runs" systemctl --quiet is-active marked
holds "no mark is left" equal "$(systemctl show --property=Markers marked)" Markers=
holds "nothing is left of the transaction" nothing_pending
holds "erased" packages rpm --erase eglib
holds "an erasure restarts nothing" equal "$(starts)" 2
