# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that a node that cannot be reached does not count as down: its files do not change.

said() { contains "$(<"$logs/command.log")" "$1"; }
# at VSN: checks that dpkg, disk and node have this version of both applications. The packages may be
# unconfigured: if the node cannot be reached, the hook cannot check that it runs, and fails.
at() {
  holds "dpkg: $1" equal "$(version_of egerl | cut -d' ' -f1) $(version_of eglib | cut -d' ' -f1)" "$1 $1"
  holds "disk: $1" equal "$(directories)" "egerl-$1 eglib-$1 "
  holds "node: $1" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$1\"]"
}
# finished: completes the pending configuration, now that the node can be reached again.
finished() {
  packages dpkg --configure --pending
  holds "both packages are configured" eval 'installed egerl && installed eglib'
}

install_programs
start_node egerl 4040
wrong=not$cookie

say "The cookie is wrong at the first install:"
register_node egerl "$wrong"
holds "not configured" refused put eglib=4.0.1
holds "the reason is reported" said cookie
holds "dpkg knows that it is not configured" equal "$(version_of eglib)" '4.0.1 install ok half-configured'
register_node egerl
holds "with the right one, dpkg --configure finishes" packages dpkg --configure --pending
holds "the second package" put egerl=4.0.1
at 4.0.1

say "The cookie is wrong at an upgrade:"
register_node egerl "$wrong"
holds "refused" refused put eglib=4.1.0
holds "the reason is reported" said cookie
at 4.0.1
holds "a removal is refused, too" refused take_away egerl
at 4.0.1
register_node egerl
finished

say "The node runs as another user than its entry allows:"
(umask 027; echo "$cookie" >/etc/erlrc.d/nodes/egerl)
holds "refused" refused put eglib=4.1.0
holds "the user of the node is reported" said 'belongs to user egerld, expected root'
at 4.0.1
register_node egerl
finished

say "All users can read the cookie:"
chmod 0644 /etc/erlrc.d/nodes/egerl
holds "refused" refused put eglib=4.1.0
holds "the necessary mode is reported" said 0640
at 4.0.1
chmod 0640 /etc/erlrc.d/nodes/egerl
finished

say "All is well again:"
holds "upgraded" put eglib=4.1.0 egerl=4.1.0
at 4.1.0
holds "no package is half done" nothing_pending
holds "no cookie in any log" no_cookie_in_logs
