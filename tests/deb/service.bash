# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Tests nodes that are services, with the installed unit.

. "$here/../support/service.bash"

# process_is NODE LINE...: checks the node's process in /proc.
process_is() {
  local line status
  status=$(tr -s '\t' ' ' <"/proc/$(property "erlrc@$1" MainPID)/status")
  for line in "${@:2}"; do contains "$status" "$line" || return 1; done
}

install_programs
systemctl daemon-reload
holds "systemd finds nothing wrong with the unit" equal \
  "$(systemd-analyze verify --recursive-errors=no /usr/lib/systemd/system/erlrc@.service 2>&1)" ''
score=$(systemd-analyze security --offline=true /usr/lib/systemd/system/erlrc@.service |
  sed -n 's/.*level for .*: \([0-9.]*\) .*/\1/p')
say "   its exposure, from 0 (safe) to 10: ${score}"
holds "the exposure is low" test "${score/./}" -le 20

# configure NODE PORT FILE: writes the configuration of the node, and FILE with its environment.
configure() {
  install -d -m 0755 "/etc/$1" "${3%/*}"
  echo "[{egerl, [{port, $2}]}]." >"/etc/$1/$1.config"
  echo "ERL_FLAGS=-config /etc/$1/$1" >"$3"
}
configure one 4041 /etc/default/erlrc-one
configure two 4042 /etc/sysconfig/erlrc-two
holds "packages are installed, with no node" put eglib=4.0.1 egerl=4.0.1
holds "a service starts" systemctl start erlrc@one
holds "it is up when its applications run" equal "$(versions one)" '["4.0.1"]["4.0.1"]'
holds "systemd has its status" equal "$(property erlrc@one StatusText)" '5 applications run'
holds "it is registered" equal "$(registered)" 'one '
holds "only root can read the entry" equal "$(stat --format='%A %U' /etc/erlrc.d/nodes/one)" '-rw------- root'
holds "only the node's user can read the cookie" \
  equal "$(stat --format=%A "$(home one)/.erlang.cookie")" '-r--------'
holds "that user is not in the user database" refused getent --service=files passwd "$(uid_of one)"
holds "its process has that user and no privilege" process_is one "Uid: $(uid_of one) $(uid_of one)" \
  'CapEff: 0000000000000000' 'CapBnd: 0000000000000000' 'NoNewPrivs: 1' 'Seccomp: 2'
holds "the cookie is not in its arguments" refused grep -qaF "$(cat "$(home one)/.erlang.cookie")" \
  "/proc/$(property erlrc@one MainPID)/cmdline"
holds "epmd was started by its socket" \
  equal "$(systemctl is-active epmd.socket epmd.service | tr '\n' ' ')" 'active active '
holds "its control group has only the emulator and the process for its ports" equal \
  "$(cat "/sys/fs/cgroup$(property erlrc@one ControlGroup)/cgroup.procs" | xargs -I{} cat /proc/{}/comm | tr '\n' ' ')" \
  'beam.smp erl_child_setup '

holds "a second one starts next to it" systemctl start erlrc@two
holds "both are registered" equal "$(registered)" 'one two '
holds "it has the environment of its file" \
  equal "$(on_node two 'application:get_env(egerl, port).')" '{ok, 4042}'
holds "each has a user of its own" refused test "$(uid_of one)" = "$(uid_of two)"
open_line 4041
first="$(ask count)|$(property erlrc@one MainPID)"
holds "packages are upgraded" put eglib=4.1.0 egerl=4.1.0
holds "both nodes run what is installed" equal "$(versions one)$(versions two)" '["4.1.0"]["4.1.0"]["4.1.0"]["4.1.0"]'
holds "the same process, over the same connection" equal "$first|$(ask version)|$(property erlrc@one MainPID)" \
  "${first}|version 4.1.0|${first##*|}"
close_line
before=$(on_node one '[{M, M:module_info(md5)} || {M, F} <- lists:sort(code:all_loaded()), is_list(F),
  string:find(F, "/eg") =/= nomatch].')
holds "a restart" systemctl restart erlrc@one
holds "the same versions" equal "$(versions one)" '["4.1.0"]["4.1.0"]'
after=$(on_node one '[begin {module, M} = code:ensure_loaded(M), {M, M:module_info(md5)} end || A <- [egerl, eglib],
  M <- lists:sort(element(2, application:get_key(A, modules)))].')
holds "the same code" equal "$after" "$before"

say "A package that stops the service itself before the upgrade, and starts it again:"
for vsn in 4.0.1 4.1.0; do
  tree=/tmp/tree
  rm -rf $tree
  dpkg-deb -R "/srv/archive/egerl_${vsn}_all.deb" $tree
  sed -i '2i systemctl stop erlrc@one' $tree/DEBIAN/prerm
  echo 'systemctl start erlrc@one' >>$tree/DEBIAN/postinst
  dpkg-deb --root-owner-group -Zgzip -b $tree "/tmp/egerl_$vsn.deb" >/dev/null
done
holds "installed" packages dpkg -i /tmp/egerl_4.1.0.deb
holds "downgraded" packages dpkg -i /tmp/egerl_4.0.1.deb
holds "both nodes run it" equal "$(running one egerl)$(running two egerl)" '["4.0.1"]["4.0.1"]'
holds "upgraded" packages dpkg -i /tmp/egerl_4.1.0.deb
holds "both nodes run it" equal "$(running one egerl)$(running two egerl)" '["4.1.0"]["4.1.0"]'
holds "the first one is a new process" refused test "$(property erlrc@one MainPID)" = "${first##*|}"

say "The emulator is killed:"
kill -KILL "$(property erlrc@two MainPID)"
runs_again() { [[ $(versions two 2>/dev/null) == '["4.1.0"]["4.1.0"]' ]]; }
holds "it is started again" eventually runs_again
holds "and registered" equal "$(registered)" 'one two '

say "An application that cannot be started:"
touch /etc/erlrc.d/applications/nosuch
holds "the service fails" refused systemctl restart erlrc@two
journalctl --unit erlrc@two --no-pager >"$logs/journal.log"
holds "systemd knows why" contains "$(<"$logs/journal.log")" nosuch
systemctl stop erlrc@two
holds "it is not registered" equal "$(registered)" 'one '
echo 'ERLRC_READY=some' >>/etc/sysconfig/erlrc-two
holds "with ERLRC_READY=some it starts" systemctl restart erlrc@two
holds "with the other applications" equal "$(versions two)" '["4.1.0"]["4.1.0"]'
holds "and reports the missing one" contains "$(property erlrc@two StatusText)" nosuch
rm /etc/erlrc.d/applications/nosuch

holds "both services are stopped" systemctl stop erlrc@one erlrc@two
holds "nothing is registered" equal "$(registered)" ''
holds "they ended successfully" \
  equal "$(property erlrc@one Result) $(property erlrc@two Result)" 'success success'
holds "epmd keeps running" systemctl is-active --quiet epmd.service
holds "packages are removed, with no node" take_away egerl
