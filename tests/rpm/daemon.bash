# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, with dnf5. The daemon of dnf 5 installs, upgrades and refuses as dnf5 itself does, since it loads the
# same plugin of libdnf5.

# ask_daemon VERB [PACKAGE...]
ask_daemon() { packages dnf5daemon-client --assumeyes "$@"; }
has() {
  holds "rpmdb: egerl $1, eglib $2" equal "$(version_of egerl); $(version_of eglib)" "$1 install ok installed; $2 install ok installed"
  holds "disk: only these" equal "$(directories)" "egerl-$1 eglib-$2 "
  holds "node: egerl $1, eglib $2" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$2\"]"
  holds "nothing is left of the transaction" nothing_pending
}
# offer PACKAGE-VSN...: adds them to the repository.
offer() {
  mkdir -p /srv/repository
  for word in "$@"; do cp "$logs/rpms/$word.rpm" /srv/repository; done
  createrepo_c --quiet /srv/repository
}

install_programs
start_node egerl 4040
register_node egerl
mkdir -p /etc/yum.repos.d
printf '%s\n' '[demo]' 'name=demo' 'baseurl=file:///srv/repository' 'gpgcheck=0' 'pkg_gpgcheck=0' 'metadata_expire=0' >/etc/yum.repos.d/demo.repo
mkdir -p /run/dbus
dbus-daemon --system --fork
/usr/lib/polkit-1/polkitd --no-debug >"$logs/polkitd.log" 2>&1 &
dnf5daemon-server >"$logs/daemon.log" 2>&1 &

offer shell-1 egerl-4.0.1 eglib-4.0.1
holds "installed" ask_daemon install egerl
has 4.0.1 4.0.1
offer egerl-4.1.0 eglib-4.1.0
holds "upgraded" ask_daemon upgrade
has 4.1.0 4.1.0
offer egerl-4.2.0
holds "refused" refused ask_daemon upgrade
holds "the client prints that the transaction is refused" contains "$(<"$logs/command.log")" 'erlrc-hook has refused the transaction'
holds "the daemon prints the reason" contains "$(<"$logs/daemon.log")" 'rolled_back: code_change failed: '
has 4.1.0 4.1.0
