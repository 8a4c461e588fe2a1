# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that a node that cannot be reached does not count as down: its files do not change.

said() { contains "$(<"$logs/command.log")" "$1"; }
# at VSN: checks that dpkg, disk and node have this version of both applications, and that both are configured.
at() {
  holds "dpkg: $1" equal "$(version_of egerl); $(version_of eglib)" "$1 install ok installed; $1 install ok installed"
  holds "disk: $1" equal "$(directories)" "egerl-$1 eglib-$1 "
  holds "node: $1" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$1\"]"
}

install_programs
start_node egerl 4040
wrong=not$cookie

say "The cookie is wrong at the first install:"
register_node egerl "$wrong"
holds "configured, since no node was changed" put eglib=4.0.1
holds "the reason is reported" said cookie
holds "and that dpkg continues" said 'eglib: dpkg continues'
holds "the node does not run it" equal "$(running egerl eglib)" '[]'
holds "other packages do not have to wait" nothing_pending
register_node egerl
holds "with the right one, a reinstallation starts it" packages apt-get install --yes --reinstall eglib=4.0.1
holds "the second package" put egerl=4.0.1
at 4.0.1

say "The cookie is wrong at an upgrade:"
register_node egerl "$wrong"
holds "refused" refused put eglib=4.1.0
holds "the reason is reported" said cookie
holds "the application is named" said 'erlrc-hook: eglib could not be upgraded'
holds "and the way out" said 'erlrc-hook: `apt-get -o Erlrc::Hooks=off` leaves all nodes alone'
at 4.0.1
holds "a removal is not refused" take_away egerl
holds "the reason is reported" said cookie
holds "the node keeps running it" equal "$(running egerl egerl)" '["4.0.1"]'
register_node egerl
holds "installed again" put egerl=4.0.1
at 4.0.1

say "The node runs as another user than its entry allows:"
(umask 027; echo "$cookie" >/etc/erlrc.d/nodes/egerl)
holds "refused" refused put eglib=4.1.0
holds "the user of the node is reported" said 'belongs to user egerld, expected root'
at 4.0.1
register_node egerl

say "All users can read the cookie:"
chmod 0644 /etc/erlrc.d/nodes/egerl
holds "refused" refused put eglib=4.1.0
holds "the necessary mode is reported" said 0640
at 4.0.1

say "The hooks are off for one run:"
holds "upgraded on disk" packages apt-get install --yes -o Erlrc::Hooks=off eglib=4.1.0
holds "without a word" refused grep erlrc- "$logs/command.log"
holds "the node keeps running 4.0.1" equal "$(running egerl eglib)" '["4.0.1"]'
chmod 0640 /etc/erlrc.d/nodes/egerl
stop_nodes
start_node egerl 4040

say "All is well again:"
holds "upgraded" put eglib=4.1.0 egerl=4.1.0
holds "reinstalled" packages apt-get install --yes --reinstall eglib=4.1.0 egerl=4.1.0
at 4.1.0
holds "no package is half done" nothing_pending
holds "no cookie in any log" no_cookie_in_logs
