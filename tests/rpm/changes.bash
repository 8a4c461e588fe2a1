# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Packages that change more than their version, and an rpm that is killed late.

# serves VSN_OF_EGERL VSN_OF_EGLIB: checks what the node runs, and that the counter still counts.
serves() {
  holds "node: egerl $1, eglib $2" equal "$(running egerl egerl)$(running egerl eglib)" "[\"$1\"][\"$2\"]"
  holds "code path: only installed directories" equal "$(on_node egerl '
    [D || D <- code:get_path(), string:find(D, "egerl") =/= nomatch orelse string:find(D, "eglib") =/= nomatch,
     string:find(D, "/usr/lib/erlang/lib/") =:= nomatch orelse not filelib:is_dir(D)].')" '[]'
  asked=$((asked + 1))
  holds "the connection is counted on: request $asked" contains "$(ask count)" " $asked "
  holds "nothing is left of the transaction" nothing_pending
}

. "$here/../support/preflight.bash"
install_programs
start_node egerl 4040
register_node egerl

say "A package without a control member is replaced by one with:"
holds "installed" packages rpm --upgrade "$logs/plain/eglib-4.0.1.rpm"
holds "nothing is started" equal "$(running egerl eglib)" '[]'
on_node egerl 'code:add_patha("/usr/lib/erlang/lib/eglib-4.0.1/ebin"), application:start(eglib).' >/dev/null
holds "egerl, which needs it" put egerl=4.0.1
open_line 4040
asked=0
holds "upgraded" put eglib=4.1.0
holds "which was reported before" table 'eglib 4.0.1 4.1.0 egerl hot 2: eglib_serial eglib_text'
serves 4.0.1 4.1.0

say "A package takes the place of another one and has its application from now on:"
holds "upgraded" put egerl-server=4.1.0
holds "rpmdb: the old package is gone" refused rpm --query --quiet egerl
serves 4.1.0 4.1.0
close_line
holds "removed" take_away egerl-server
holds "node: stopped" equal "$(running egerl egerl)" '[]'
holds "installed again" put egerl=4.0.1
open_line 4040
asked=0
serves 4.0.1 4.1.0

say "rpm is killed after the new files have come, before the old ones are removed:"
touch /var/tmp/kill.post.egerl
put egerl=4.1.0 || true
holds "rpmdb: both versions" equal "$(rpm --query egerl | sort | tr '\n' ' ')" 'egerl-4.0.1-1.noarch egerl-4.1.0-1.noarch '
holds "recovered" packages erlrc-hook rpm recover
serves 4.1.0 4.1.0
holds "the old version is removed" packages rpm --erase egerl-4.0.1-1
serves 4.1.0 4.1.0
holds "disk: only the new version" equal "$(directories)" 'egerl-4.1.0 eglib-4.1.0 '
