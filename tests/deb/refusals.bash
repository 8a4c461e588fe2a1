# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Tests what follows if a node refuses an upgrade (on_refusal in erlrc.conf(5)):
# egerl 4.2.0 crashes when it converts the state of 4.1.0.
. "$here/../support/service.bash"

said() { contains "$(<"$logs/command.log")" "$1"; }
unsaid() { refused grep -qF "$1" "$logs/command.log"; }
has() { holds "$1 is installed as $2" equal "$(version_of "$1")" "$2 install ok installed"; }
# back_while_down: 4.1.0 again, which the nodes do not refuse as long as they are down.
back_while_down() {
  systemctl stop erlrc@one erlrc@two && put egerl=4.1.0 && systemctl start erlrc@one erlrc@two
}
# conf LINE...: writes erlrc.conf.
conf() { printf '%s\n' "$@" >/etc/erlrc.d/erlrc.conf; }

# The package erlrc, with its own triggers and postinst.
tree=$logs/own
install -d -m 0755 "$tree/DEBIAN"
cp "$here/../../hooks/dpkg/erlrc.triggers" "$tree/DEBIAN/triggers"
sed '1a set -e' "$here/../../hooks/dpkg/triggered" >"$tree/DEBIAN/postinst"
chmod 0755 "$tree/DEBIAN/postinst"
printf '%s\n' 'Package: erlrc' 'Version: 1' 'Architecture: all' 'Maintainer: erlrc tests <root@localhost>' \
  'Description: scripts of erlrc' >"$tree/DEBIAN/control"
dpkg-deb --root-owner-group -Zgzip -b "$tree" "$logs/erlrc_1_all.deb" >/dev/null
# deb-systemd-invoke asks policy-rc.d, which forbids everything in a throw-away system.
rm -f /usr/sbin/policy-rc.d

install_programs
systemctl daemon-reload
for node in one:4041 two:4042; do
  install -d -m 0755 "/etc/${node%:*}" /etc/default
  echo "[{egerl, [{port, ${node#*:}}]}]." >"/etc/${node%:*}/${node%:*}.config"
  echo "ERL_FLAGS=-config /etc/${node%:*}/${node%:*}" >"/etc/default/erlrc-${node%:*}"
done
holds "erlrc is installed" packages dpkg -i "$logs/erlrc_1_all.deb"
holds "and the service" put eglib=4.1.0 egerl=4.1.0
holds "nodes start" systemctl start erlrc@one erlrc@two
one=$(property erlrc@one MainPID) two=$(property erlrc@two MainPID)

say "on_refusal is refuse, the default:"
unset ERLRC_RETRY
holds "the upgrade fails" refused put egerl=4.2.0
holds "after it was tried" unsaid 'not tried again'
has egerl 4.1.0
holds "both nodes run the old version" equal "$(running one egerl)$(running two egerl)" '["4.1.0"]["4.1.0"]'

holds "so does the next one" refused put egerl=4.2.0
holds "at once" said 'not tried again, as neither the code nor the process of the node has changed'
holds "with what can be done" said \
  '`apt-mark hold egerl` keeps the version that is installed; `apt-get -o Erlrc::Retry=on` tries again'
has egerl 4.1.0
holds "on request, it is tried" refused packages env ERLRC_RETRY=on apt-get install --yes egerl=4.2.0
holds "again" unsaid 'not tried again'

holds "the nodes are started again" systemctl restart erlrc@one erlrc@two
holds "the upgrade fails" refused put egerl=4.2.0
holds "after it was tried" unsaid 'not tried again'
has egerl 4.1.0
one=$(property erlrc@one MainPID) two=$(property erlrc@two MainPID)

say "A value that cannot be read:"
conf '# settings' 'on_refusal = perhaps'
holds "is the default" refused put egerl=4.2.0
warning="erlrc-hook: warning: /etc/erlrc.d/erlrc.conf:2:14: on_refusal: 'perhaps':"
warning+=" expected refuse, leave or restart"
holds "is one warning" equal "$(grep -c "$warning; it is ignored" "$logs/command.log")" 1
has egerl 4.1.0

say "on_refusal is leave for another package, and then for this one:"
conf '[package eglib]' 'on_refusal = leave'
holds "the upgrade fails" refused put egerl=4.2.0
has egerl 4.1.0
conf '[node one]' 'on_refusal = refuse' '[package egerl]' 'on_refusal = leave'
holds "the upgrade succeeds" put egerl=4.2.0
has egerl 4.2.0
holds "both nodes run the old version" equal "$(running one egerl)$(running two egerl)" '["4.1.0"]["4.1.0"]'
holds "it is reported" said 'node one keeps running the old code until its restart'
holds "the same processes" equal "$(property erlrc@one MainPID) $(property erlrc@two MainPID)" "$one $two"
holds "a restart" systemctl restart erlrc@one erlrc@two
holds "brings the new version" equal "$(running one egerl)$(running two egerl)" '["4.2.0"]["4.2.0"]'
say "on_refusal is another one for each node:"
conf 'on_refusal = refuse' '[node one]' 'on_refusal = restart' '[node two]' 'on_refusal = leave'
holds "back, while no node runs" back_while_down
two=$(property erlrc@two MainPID)
holds "the upgrade succeeds" put egerl=4.2.0
has egerl 4.2.0
holds "the restart is reported" said 'erlrc-hook: node one: restarted erlrc@one.service'
holds "the triggers of erlrc end" unsaid 'cycle found while processing triggers'
holds "one node was restarted, with the new version" eventually eval '[[ $(running one egerl) == *4.2.0* ]]'
holds "the other one is as before" equal "$(running two egerl) $(property erlrc@two MainPID)" "[\"4.1.0\"] $two"

say "The service cannot be restarted, as while the system shuts down:"
holds "back, while no node runs" back_while_down
conf 'on_refusal = restart'
install -d /etc/systemd/system/erlrc@.service.d
printf '[Unit]\nRefuseManualStart=yes\nRefuseManualStop=yes\n' >/etc/systemd/system/erlrc@.service.d/refuse.conf
systemctl daemon-reload
holds "the upgrade succeeds" put egerl=4.2.0
has egerl 4.2.0
holds "that is reported" said 'erlrc-hook: node one: could not restart erlrc@one.service'
holds "both nodes run the old version" equal "$(running one egerl)$(running two egerl)" '["4.1.0"]["4.1.0"]'
rm -r /etc/systemd/system/erlrc@.service.d
systemctl daemon-reload

say "policy-rc.d forbids a restart, and an option of apt-get sets on_refusal for one run:"
holds "back, while no node runs" back_while_down
one=$(property erlrc@one MainPID)
rm /etc/erlrc.d/erlrc.conf
install -m 0644 "$here/../../hooks/apt/20erlrc" /etc/apt/apt.conf.d/20erlrc
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
holds "the upgrade succeeds" packages apt-get install --yes -o Erlrc::OnRefusal=restart egerl=4.2.0
has egerl 4.2.0
holds "no node was restarted" equal "$(running one egerl) $(property erlrc@one MainPID)" "[\"4.1.0\"] $one"
holds "nothing is left for the next run" refused ls /run/erlrc/apt-settings /run/erlrc/leave
