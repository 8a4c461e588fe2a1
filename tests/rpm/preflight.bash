# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Before rpm or dnf changes anything, the effect of the transaction on running nodes is reported, and what
# no node can do is refused or left, as configured.
. "$here/../support/preflight.bash"

# policy WORD: configures the preflight.
policy() { echo "preflight = $1" >/etc/erlrc.d/erlrc.conf; }
# at EGERL EGLIB: checks what rpmdb and the node have, and that nothing is left of a transaction.
at() {
  installed "$1" "$2"
  runs "$1" "$2"
}
installed() {
  holds "rpmdb: egerl $1, eglib $2" equal "$(version_of egerl | cut -d' ' -f1) $(version_of eglib | cut -d' ' -f1)" "$1 $2"
  holds "nothing is left of the transaction" nothing_pending
}
runs() {
  holds "node: egerl $1, eglib $2" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$2\"]"
}
no_table() { refused said 'effect on running nodes'; }

say "No node runs:"
install_programs
register_node egerl
holds "installed with a node that is down" put eglib=4.0.1 egerl=4.0.1
holds "without a table" no_table
start_node egerl 4040
for app in eglib egerl; do erlrc-start $app 4.0.1 >/dev/null; done
at 4.0.1 4.0.1
open_line 4040
first=$(ask count)

say "Two packages, by the default, report:"
holds "upgraded" put eglib=4.1.0 egerl=4.1.0
holds "it was reported before" sorted_table 'egerl 4.0.1 4.1.0 egerl hot 4: egerl_age egerl_conn egerl_counter ..' \
  'eglib 4.0.1 4.1.0 egerl hot 2: eglib_serial eglib_text'
at 4.1.0 4.1.0
holds "over the same connection" equal "$first|$(ask version)" "$first|version 4.1.0"
holds "a downgrade" put eglib=4.0.1 egerl=4.0.1
holds "is reported like one" sorted_table 'egerl 4.1.0 4.0.1 egerl hot 4: egerl_age egerl_conn egerl_counter ..' \
  'eglib 4.1.0 4.0.1 egerl hot 2: eglib_serial eglib_text'
at 4.0.1 4.0.1

say "What only a restart can do:"
needs_restart='eglib 4.0.1 4.3.0 egerl needs restart - its appup asks for restart_new_emulator'
holds "report: the node refuses" refused put eglib=4.3.0
holds "it was reported before" sorted_table "$needs_restart"
at 4.0.1 4.0.1
policy off
holds "off: the node refuses" refused put eglib=4.3.0
holds "without a table" no_table
at 4.0.1 4.0.1
policy refuse
holds "refuse: refused" refused put eglib=4.3.0 egerl=4.1.0
holds "with the same table" sorted_table \
  'egerl 4.0.1 4.1.0 egerl refused 4: egerl_age egerl_conn egerl_counter .. needs eglib, which stays at 4.0.1' "$needs_restart"
holds "before a node is asked to do it" refused said 'erlrc-upgrade:'
holds "for that reason" said 'erlrc-hook: refused, and nothing has been changed: 2 of 2 changes to running nodes'
at 4.0.1 4.0.1
holds "what is possible is not refused" put eglib=4.1.0
at 4.0.1 4.1.0
holds "and back" put eglib=4.0.1
policy leave
holds "leave: the files change" put eglib=4.3.0 egerl=4.1.0
holds "the package is named" said 'eglib: skipped until the nodes are restarted: preflight is leave'
holds "and the one that needs it" said 'egerl: skipped until the nodes are restarted'
installed 4.1.0 4.3.0
runs 4.0.1 4.0.1
holds "over the same connection" equal "$(ask version)" 'version 4.0.1'
holds "back without any work" put eglib=4.0.1 egerl=4.0.1
at 4.0.1 4.0.1
holds "leave: of two packages, the other one is upgraded" put egerl=4.4.0 eglib=4.1.0
installed 4.4.0 4.1.0
runs 4.0.1 4.1.0
holds "back" put eglib=4.0.1 egerl=4.0.1
at 4.0.1 4.0.1

say "A node that does not answer:"
policy refuse
echo 'preflight_timeout = 1' >>/etc/erlrc.d/erlrc.conf
kill -STOP "$(pgrep -u egerld -x beam.smp)"
holds "is a reason to refuse" refused put eglib=4.1.0
holds "as such" said 'did not answer in time'
again() { if [[ $means == rpm ]]; then packages rpm --upgrade --replacepkgs "$@"; else packages dnf_command reinstall "$@"; fi; }
holds "but not for a package without applications" again "$logs/rpms/shell-1.rpm"
kill -CONT "$(pgrep -u egerld -x beam.smp)"
at 4.0.1 4.0.1

say "Removed:"
policy report
close_line
holds "both" take_away egerl eglib
holds "it was reported before" sorted_table 'egerl 4.0.1 - egerl stop -' 'eglib 4.0.1 - egerl stop -'
holds "node: stopped" equal "$(running egerl egerl)$(running egerl eglib)" '[][]'
holds "installed for the first time" put eglib=4.0.1 egerl=4.0.1
holds "it was reported before" sorted_table 'egerl - 4.0.1 egerl start -' 'eglib - 4.0.1 egerl start -'
at 4.0.1 4.0.1
holds "no cookie in any log" no_cookie_in_logs
