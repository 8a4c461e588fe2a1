# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Kills dpkg and the hook in the middle of an upgrade. The package manager's own commands
# repair the packages, and the node never stays between the versions.

# killed_upgrade PROGRAM...: upgrades egerl while the node is stopped, and kills these programs once the hook
# waits for the node.
killed_upgrade() {
  local beam name dpkg
  beam=$(pgrep -u egerld -x beam.smp)
  kill -STOP "$beam"
  dpkg -i /srv/archive/egerl_4.1.0_all.deb >>"$logs/packages.log" 2>&1 &
  dpkg=$!
  eventually waits_for_node || holds "the hook waits for the node" false
  for name in "$@"; do pkill -KILL -x "$name" || holds "there is a $name to kill" false; done
  sleep 0.1
  kill -CONT "$beam"
  { wait "$dpkg"; } 2>/dev/null || true
}
# waits_for_node: whether the hook that runs the upgrade is connected to the node, which is stopped.
waits_for_node() {
  local hook
  hook=$(pgrep -f '^/usr/bin/erlrc-hook dpkg postrm upgrade') && ss -Htnp state established | grep -q "pid=$hook,"
}
# final_version: waits until no hook runs, and prints the version that the node runs.
final_version() {
  eventually refused pgrep -x erlrc-hook
  running egerl egerl
}
# whole VSN: checks that the service has this version and that none of its processes is suspended.
whole() {
  holds "the service is whole: $1" equal "$(ask version)" "version $1"
  holds "no process is suspended" equal "$(on_node egerl '
    [P || P <- [egerl_counter, eglib_serial, egerl_listener], lists:nth(2, element(4, sys:get_status(P))) =/= running].')" '[]'
}

install_programs
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
holds "the library" put eglib=4.1.0
open_line 4040
ask count >/dev/null

say "dpkg, the script and the hook are killed at once:"
killed_upgrade dpkg erlrc-hook
found=$(final_version)
say "   the node runs $found"
holds "one version or the other" eval '[[ $found == "[\"4.0.1\"]" || $found == "[\"4.1.0\"]" ]]'
whole "${found//[\[\]\"]/}"
holds "dpkg: the unpacking did not end" contains "$(version_of egerl)" 'half-installed'
holds "the same command again" packages dpkg -i /srv/archive/egerl_4.1.0_all.deb
holds "dpkg: 4.1.0" equal "$(version_of egerl)" '4.1.0 install ok installed'
holds "disk: 4.1.0" equal "$(directories)" 'egerl-4.1.0 eglib-4.1.0 '
holds "node: 4.1.0" equal "$(running egerl egerl)" '["4.1.0"]'
whole 4.1.0
holds "no package is half done" nothing_pending

say "Only dpkg is killed; the hook continues:"
holds "downgraded" put egerl=4.0.1
killed_upgrade dpkg
found=$(final_version)
holds "the hook finished the upgrade" equal "$found" '["4.1.0"]'
whole 4.1.0
holds "the same command again" packages dpkg -i /srv/archive/egerl_4.1.0_all.deb
holds "dpkg: 4.1.0" equal "$(version_of egerl)" '4.1.0 install ok installed'
holds "disk: 4.1.0" equal "$(directories)" 'egerl-4.1.0 eglib-4.1.0 '
whole 4.1.0

say "Only the hook is killed; dpkg continues, and calls the new package's script:"
holds "downgraded" put egerl=4.0.1
killed_upgrade erlrc-hook
found=$(final_version)
holds "dpkg and the node agree: $found" equal "[\"$(version_of egerl | cut -d' ' -f1)\"]" "$found"
whole "${found//[\[\]\"]/}"
holds "the first connection is still open" contains "$(ask count)" 'count 1 '
