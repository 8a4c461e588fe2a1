# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Scenarios of public reports (field.md) about package managers that may do less than usual: without
# capabilities, with few descriptors, with an output that is closed; and about directories that the administrator
# has moved, closed, or excluded. The node and the packages must agree after each.

deb() { echo "/srv/archive/$1_$2_all.deb"; }

# cycle CLAIM COMMAND...: upgrades, is refused, downgrades, removes and installs; COMMAND runs the package manager.
cycle() {
  say "$1:"
  shift
  holds "upgraded" packages "$@" dpkg -i "$(deb egerl 4.1.0)"
  has 4.1.0
  holds "not upgraded to a version that the node refuses" refused packages "$@" dpkg -i "$(deb egerl 4.2.0)"
  has 4.1.0
  holds "downgraded" packages "$@" apt-get install --yes --allow-downgrades egerl=4.0.1
  has 4.0.1
  holds "removed" packages "$@" apt-get remove --yes egerl
  holds "it does not run any longer" equal "$(running egerl egerl)" '[]'
  holds "installed" packages "$@" dpkg -i "$(deb egerl 4.0.1)"
  has 4.0.1
}

install_programs
install -m 0644 "$here/../../hooks/apt/20erlrc" /etc/apt/apt.conf.d/20erlrc
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.1.0 egerl=4.0.1

capabilities=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod
capabilities+=,audit_write,setfcap
cycle "The capabilities of a container of docker" \
  setpriv --bounding-set="-all,+${capabilities//,/,+}" --inh-caps=-all
cycle "Few descriptors, and little memory" prlimit --nofile=24 --as=300000000 --stack=262144
cycle "Signals that a daemon has blocked" env --block-signal=TERM,INT,ALRM,PIPE,HUP,USR1,USR2,CHLD
cycle "Signals that are ignored" env --ignore-signal=TERM,INT,ALRM,PIPE,HUP,USR1,USR2

# unread COMMAND...: runs it with a standard error whose reader has ended.
unread() { "$@" 2> >(exec true); }
say "The reader of what the hooks report has ended:"
holds "upgraded" packages unread dpkg -i "$(deb egerl 4.1.0)"
has 4.1.0
holds "removed" packages unread apt-get remove --yes egerl
holds "it does not run any longer" equal "$(running egerl egerl)" '[]'
holds "installed" packages unread dpkg -i "$(deb egerl 4.1.0)"
has 4.1.0

say "So has the reader of what the package manager prints, which may end halfway:"
for vsn in 4.2.0 4.0.1 4.1.0 4.0.1; do
  for command in "dpkg -i $(deb egerl $vsn)" "apt-get install --yes --allow-downgrades egerl=$vsn"; do
    # shellcheck disable=SC2086
    { $command 2>&1 || true; } | true
    # shellcheck disable=SC2086
    unread $command || true
    holds "dpkg repairs what is half done" packages dpkg --configure -a
    [[ $vsn != 4.2.0 ]] || command="dpkg -i $(deb egerl 4.1.0)"
    # shellcheck disable=SC2086
    holds "the same command again" packages $command
    has "${vsn/4.2.0/4.1.0}"
  done
done

say "The directories of erlrc, and the entry of the node, are links to others:"
mkdir -p /srv/elsewhere/state
cp -a /etc/erlrc.d /srv/elsewhere/conf
rm -rf /etc/erlrc.d /var/lib/erlrc
ln -s /srv/elsewhere/conf /etc/erlrc.d
ln -s /srv/elsewhere/state /var/lib/erlrc
mv /etc/erlrc.d/nodes/egerl /srv/elsewhere/entry
ln -s /srv/elsewhere/entry /etc/erlrc.d/nodes/egerl
cycle "They are used" env

say "The user of the node may not read the new directory (dpkg-statoverride):"
ebin=/usr/lib/erlang/lib/egerl-4.1.0/ebin
dpkg-statoverride --add root root 0700 $ebin
holds "the upgrade is refused" refused packages dpkg -i "$(deb egerl 4.1.0)"
holds "the reason is reported" contains "$(<"$logs/command.log")" "$ebin/egerl_age.beam: permission denied"
has 4.0.1
dpkg-statoverride --remove $ebin

say "dpkg leaves out a module (path-exclude):"
echo "path-exclude=$ebin/egerl_age.beam" >/etc/dpkg/dpkg.cfg.d/excludes
holds "the upgrade is refused" refused packages dpkg -i "$(deb egerl 4.1.0)"
holds "the reason is reported" contains "$(<"$logs/command.log")" "$ebin/egerl_age.beam: no such file"
has 4.0.1
echo 'path-exclude=/etc/erlrc.d/*' >/etc/dpkg/dpkg.cfg.d/excludes
say "or the start files:"
holds "upgraded" packages dpkg -i "$(deb egerl 4.1.0)"
has 4.1.0
rm /etc/dpkg/dpkg.cfg.d/excludes
holds "no cookie in any log" no_cookie_in_logs
