# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Scenarios of public reports (field.md) about hosts that are not as a packager expects them:
# without names, with diversions, with other mounts, or interrupted halfway. The node and the packages must
# agree after each.

# cycle CLAIM: upgrades and downgrades.
cycle() {
  say "$1:"
  holds "upgraded" put egerl=4.1.0
  has 4.1.0
  holds "downgraded" put egerl=4.0.1
  has 4.0.1
}

install_programs
install -m 0644 "$here/../../hooks/apt/20erlrc" /etc/apt/apt.conf.d/20erlrc
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.1.0 egerl=4.0.1

say "A host without names:"
names=(hosts nsswitch.conf resolv.conf)
for name in "${names[@]}"; do
  [[ ! -e /etc/$name ]] || mv "/etc/$name" "/etc/$name.away"
done
echo 'hosts: files' >/etc/nsswitch.conf
holds "upgraded" put egerl=4.1.0
for name in "${names[@]}"; do
  rm -f "/etc/$name"
  [[ ! -e /etc/$name.away ]] || mv "/etc/$name.away" "/etc/$name"
done
has 4.1.0
holds "downgraded" put egerl=4.0.1

say "A module of the new version is diverted, and the administrator's own is in its place:"
module=/usr/lib/erlang/lib/egerl-4.1.0/ebin/egerl_age.beam
dpkg-divert --quiet --divert /usr/lib/egerl_age.distributed --rename --add $module
mkdir -p "${module%/*}"
echo '-module(egerl_age). -export([local/0]). local() -> yes.' >/tmp/egerl_age.erl
erlc -o /tmp /tmp/egerl_age.erl
cp /tmp/egerl_age.beam $module
holds "upgraded" put egerl=4.1.0
has 4.1.0
holds "the node runs it" equal "$(on_node egerl 'egerl_age:local().')" yes
holds "downgraded" put egerl=4.0.1
rm -r /usr/lib/erlang/lib/egerl-4.1.0
dpkg-divert --quiet --rename --remove $module
has 4.0.1

say "A package that names its directory by an alias (/lib, a link to usr/lib):"
tree=/tmp/alias
dpkg-deb -R /srv/archive/egerl_4.1.0_all.deb $tree
sed -i 's, /usr/lib/, /lib/,' $tree/DEBIAN/erlrc
mv $tree/usr/lib $tree/lib
dpkg-deb --root-owner-group -Zgzip -b $tree /tmp/egerl_alias.deb >/dev/null
holds "upgraded" packages dpkg -i /tmp/egerl_alias.deb
has 4.1.0
holds "downgraded" put egerl=4.0.1
has 4.0.1

mkdir -p /var/lib/erlrc
for dir in /tmp /run /var/lib/erlrc; do
  mount --bind $dir $dir
  mount -o remount,bind,noexec $dir
done
cycle "No program can be executed in /tmp, /run and /var/lib/erlrc"
umount /tmp /run /var/lib/erlrc

mount -o remount,hidepid=2 /proc
cycle "No user sees the processes of others in /proc (hidepid)"
mount -o remount,hidepid=0 /proc

say "State cannot be written:"
mount -t tmpfs -o ro tmpfs /var/lib/erlrc
holds "upgraded" put egerl=4.1.0
has 4.1.0
umount /var/lib/erlrc
holds "again, when it can" put egerl=4.0.1

say "Runs of apt that change nothing:"
holds "a simulation" packages apt-get install --simulate egerl=4.1.0
holds "a download" packages apt-get install --yes --download-only egerl=4.1.0
has 4.0.1

# interrupt COMMAND...: upgrades while the node is stopped, runs the command, which has to end the upgrade,
# when the hook waits for the node, and continues the node. dpkg runs directly, since apt ignores SIGHUP, and
# so would dpkg if it inherited that.
interrupt() {
  local beam run
  beam=$(pgrep -u egerld -x beam.smp)
  kill -STOP "$beam"
  setsid env --default-signal=HUP dpkg -i /srv/archive/egerl_4.1.0_all.deb \
    >>"$logs/packages.log" 2>&1 </dev/null &
  run=$!
  holds "the hook waits for the node" eventually pgrep -f '^/usr/bin/erlrc-hook dpkg postrm upgrade'
  "$@"
  kill -CONT "$beam" 2>/dev/null || true
  holds "the command is interrupted" refused wait "$run" 2>/dev/null
  holds "no hook is left" eventually refused pgrep -x erlrc-hook
}

say "The connection of the administrator is lost (SIGHUP) during an upgrade:"
interrupt pkill -HUP -x 'dpkg|egerl.postrm|erlrc-hook'
holds "dpkg repairs what is half done" packages dpkg --configure -a
holds "and the same command again ends the upgrade" put egerl=4.1.0
has 4.1.0
holds "downgraded" put egerl=4.0.1

say "The power fails during an upgrade; /run is empty after the boot:"
power_fails() { pkill -KILL -x 'dpkg|egerl.postrm|erlrc-hook|beam.smp'; }
interrupt power_fails
rm -rf /run/erlrc
start_node egerl 4040
holds "dpkg repairs what is half done" packages dpkg --configure -a
holds "and the package is upgraded" put egerl=4.1.0
has 4.1.0
