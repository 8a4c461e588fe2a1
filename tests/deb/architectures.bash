# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests a package that is installed for two architectures at once, with the same files and conffiles
# (Multi-Arch: same): what one of them does not need any longer, the other one still has.
. "$here/../support/dressed.bash"

start_file=/etc/erlrc.d/applications/egerl.d/egerl
architectures="$(dpkg --print-architecture) i386"
read -r native foreign <<<"$architectures"

# for_both VSN: makes $dressed/egerl_VSN_ARCH.deb for each architecture.
for_both() {
  local tree=$logs/tree arch
  dress egerl "$1"
  for arch in $architectures; do
    rm -rf "$tree"
    dpkg-deb -R "$(deb egerl "$1")" "$tree"
    sed -i "s/^Architecture: .*/Architecture: $arch\nMulti-Arch: same/; s/^Depends: .*/Depends: eglib/" "$tree/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -b "$tree" "$dressed/egerl_$1_$arch.deb" >/dev/null
  done
}
# of VSN: the archives of both architectures.
of() { local arch; for arch in $architectures; do echo "$dressed/egerl_$1_$arch.deb"; done; }
one() { echo "$dressed/egerl_$1_$2.deb"; }
state_of() { dpkg-query --show --showformat='${Version} ${db:Status-Abbrev}' "egerl:$1" 2>/dev/null || true; }
runs() { equal "$(running egerl egerl)" "$1"; }
desired() { equal "$(ls "${start_file%/*}" 2>/dev/null | tr '\n' ' ')" "$1"; }
# both_have VSN: dpkg, the node and the start files agree on that version for both architectures.
both_have() {
  holds "both are $1" equal "$(state_of "$native")$(state_of "$foreign")" "$1 ii $1 ii "
  still_has "$1"
}
# still_has VSN: the node runs it, and would start it when it boots.
still_has() {
  holds "the node runs $1" runs "[\"$1\"]"
  holds "it is to be started" desired 'egerl '
  holds "the node agrees with the disk" equal "$(erlrc-sync --dry-run egerl 2>&1)" 'erlrc-sync: (egerl) in_sync'
  holds "over the same connection" equal "$(ask version)" "version $1"
}
# forecast TABLE: what the preflight has printed about egerl, blanks counted once.
forecast() { equal "$(sed -n 's/^  \(egerl  *[0-9].*\)/\1/p' "$logs/command.log" | tr -s ' ')" "$1"; }

dress eglib 4.1.0
for vsn in 4.0.1 4.1.0 4.2.0; do for_both $vsn; done
dpkg-deb -R "$(deb eglib 4.1.0)" /tmp/eglib
echo 'Multi-Arch: foreign' >>/tmp/eglib/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip -b /tmp/eglib /tmp/eglib.deb >/dev/null
dpkg --add-architecture "$foreign"
install_programs
start_node egerl 4040
register_node egerl
holds "its dependency is installed" packages dpkg -i /tmp/eglib.deb

say "Installed for one architecture, then for the other one:"
holds "the first" packages dpkg -i "$(one 4.0.1 "$native")"
open_line 4040
ask count >/dev/null
holds "the second" packages dpkg -i "$(one 4.0.1 "$foreign")"
both_have 4.0.1

say "Upgraded, downgraded and reinstalled, both in one run:"
# shellcheck disable=SC2046
{
  holds "upgraded" packages dpkg -i $(of 4.1.0)
  both_have 4.1.0
  holds "to a version that the node refuses" refused packages dpkg -i $(of 4.2.0)
  both_have 4.1.0
  holds "downgraded" packages dpkg -i $(of 4.0.1)
  both_have 4.0.1
  holds "reinstalled" packages dpkg -i $(of 4.0.1)
  both_have 4.0.1
}

say "The same by apt:"
# shellcheck disable=SC2046
{
  holds "upgraded" packages apt-get install --yes $(of 4.1.0)
  both_have 4.1.0
  holds "as was forecast, once" forecast 'egerl 4.0.1 4.1.0 egerl hot 4: egerl_age egerl_conn egerl_counter ..'
  holds "downgraded" packages apt-get install --yes --allow-downgrades $(of 4.0.1)
  both_have 4.0.1
}
holds "removed for $foreign" packages apt-get remove --yes "egerl:$foreign"
still_has 4.0.1
holds "as was forecast" forecast ''
holds "installed again" packages apt-get install --yes "$(one 4.0.1 "$foreign")"
both_have 4.0.1
holds "as was forecast" forecast ''

say "An installation for one of them that fails, since its files differ:"
holds "removed for $foreign" packages dpkg --purge "egerl:$foreign"
dpkg-deb -R "$(one 4.0.1 "$foreign")" /tmp/other
echo '% other' >>/tmp/other/usr/lib/erlang/lib/egerl-4.0.1/ebin/egerl.app
dpkg-deb --root-owner-group -Zgzip -b /tmp/other /tmp/other.deb >/dev/null
holds "it fails" refused packages dpkg -i /tmp/other.deb
still_has 4.0.1
holds "with the same files, it succeeds" packages dpkg -i "$(one 4.0.1 "$foreign")"
both_have 4.0.1

for gone in "$foreign" "$native"; do
  say "Removed and purged for $gone:"
  holds "removed" packages dpkg --remove "egerl:$gone"
  still_has 4.0.1
  holds "purged" packages dpkg --purge "egerl:$gone"
  still_has 4.0.1
  holds "installed again" packages dpkg -i "$(one 4.0.1 "$gone")"
  both_have 4.0.1
done

say "Removed for one, then for the other one:"
holds "the first" packages dpkg --remove "egerl:$foreign"
still_has 4.0.1
close_line
holds "the second" packages dpkg --remove "egerl:$native"
holds "nothing runs" runs '[]'
holds "it is not to be started" desired 'egerl.dpkg-old '
holds "installed again" packages dpkg -i "$(one 4.0.1 "$foreign")"
open_line 4040
still_has 4.0.1
close_line
holds "both are purged" packages dpkg --purge "egerl:$native" "egerl:$foreign"
holds "nothing runs" runs '[]'
holds "nothing is left" desired ''
holds "no package is half done" nothing_pending
