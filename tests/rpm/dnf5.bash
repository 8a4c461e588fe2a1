# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, with dnf5. What the plugin of libdnf5 does with the answers of the hook, and where it is not called.

# has VSN_OF_EGERL VSN_OF_EGLIB: checks rpmdb, disk and node.
has() {
  holds "rpmdb: egerl $1, eglib $2" equal "$(version_of egerl); $(version_of eglib)" "$1 install ok installed; $2 install ok installed"
  holds "disk: only these" equal "$(directories)" "egerl-$1 eglib-$2 "
  runs "$1" "$2"
}
runs() {
  holds "node: egerl $1, eglib $2" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$2\"]"
  holds "nothing is left of the transaction" nothing_pending
}
# failing_hook MOMENT STATUS: puts a hook in the place of ours that fails at that moment.
failing_hook() {
  mv /usr/bin/erlrc-hook /usr/bin/erlrc-hook.own
  printf '%s\n' '#!/bin/sh' "[ \"\$2\" != $1 ] || exit $2" 'exec /usr/bin/erlrc-hook.own "$@"' >/usr/bin/erlrc-hook
  chmod 0755 /usr/bin/erlrc-hook
}
own_hook() { mv /usr/bin/erlrc-hook.own /usr/bin/erlrc-hook; }
reports() { contains "$(<"$logs/command.log")" "$1"; }

install_programs
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
has 4.0.1 4.0.1
holds "upgraded" put eglib=4.1.0 egerl=4.1.0
has 4.1.0 4.1.0
holds "and back" packages dnf_command history undo last
has 4.0.1 4.0.1

say "A node refuses:"
holds "refused" refused put eglib=4.1.0 egerl=4.2.0
holds "with the reason" reports 'erlrc-hook has refused the transaction (see above); nothing was changed'
has 4.0.1 4.0.1

say "The hook fails, for example because it is killed:"
failing_hook begin 3
holds "refused" refused put eglib=4.1.0 egerl=4.1.0
holds "with the way out" reports '`erlrc-hook rpm recover` brings nodes in sync'
own_hook
has 4.0.1 4.0.1

say "It fails at the end:"
failing_hook end 1
holds "dnf fails, although the packages are changed" refused put eglib=4.1.0 egerl=4.1.0
holds "with the reason" reports 'the packages are changed, but not every node is as they are'
own_hook
holds "recovered" packages erlrc-hook rpm recover
has 4.1.0 4.1.0

say "Another plugin refuses after ours has agreed:"
sed 's/^enabled *=.*/enabled = host-only/' /etc/dnf/libdnf5-plugins/actions.conf >/etc/dnf/libdnf5-plugins/zz.conf
rm /etc/dnf/libdnf5-plugins/actions.conf
echo 'pre_transaction:::raise_error=1:/bin/false' >/etc/dnf/libdnf5-plugins/actions.d/refuse.actions
holds "refused" refused put eglib=4.0.1 egerl=4.0.1
rm /etc/dnf/libdnf5-plugins/actions.d/refuse.actions
has 4.1.0 4.1.0

say "Transactions that do not concern nodes:"
holds "of the database only" packages dnf_command --setopt=tsflags=justdb install "$logs/rpms/egerl-4.0.1.rpm"
holds "nodes are not asked" refused grep -q erlrc-hook "$logs/command.log"
runs 4.1.0 4.1.0
holds "and back" packages dnf_command --setopt=tsflags=justdb install "$logs/rpms/egerl-4.1.0.rpm"
packages dnf_command --setopt=tsflags=test install "$logs/rpms/egerl-4.0.1.rpm" "$logs/rpms/eglib-4.0.1.rpm" || true
has 4.1.0 4.1.0
for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*'); do install -D "$file" "/tmp/root/$file"; done
packages dnf_command --use-host-config --installroot=/tmp/root install "$logs"/rpms/{shell-1,egerl-4.0.1,eglib-4.0.1}.rpm || true
holds "installed in another root directory" rpm --root /tmp/root --query --quiet egerl
has 4.1.0 4.1.0

say "Without erlrc, packages are installed as ever:"
mv /usr/bin/erlrc-hook /usr/bin/erlrc-hook.away
holds "downgraded" put egerl=4.0.1
mv /usr/bin/erlrc-hook.away /usr/bin/erlrc-hook
holds "node: as before" equal "$(running egerl egerl)" '["4.1.0"]'
