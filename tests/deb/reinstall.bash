# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests the reinstallation of the same version, removal, purge, and the first install after
# that.

install_programs
start_node egerl 4040
register_node egerl
holds "installed" put eglib=4.0.1 egerl=4.0.1
open_line 4040
holds "it serves" equal "$(ask count)" 'count 1 1 1'

holds "reinstalled" packages apt-get install --yes --reinstall egerl=4.0.1 eglib=4.0.1
holds "the connection did not notice" equal "$(ask count)" 'count 1 2 2'
holds "dpkg: as before" equal "$(version_of egerl)" '4.0.1 install ok installed'

holds "removing the library removes its user" packages apt-get remove --yes eglib
holds "both are gone" equal "$(directories)$(running egerl egerl)$(running egerl eglib)" '[][]'
holds "the connection is closed" equal "$(ask count)" 'no answer'
close_line
holds "purged" packages apt-get purge --yes egerl eglib
holds "no application is registered" equal "$(ls /etc/erlrc.d/applications 2>/dev/null || true)" ''

holds "a newer version is installed" put eglib=4.1.0 egerl=4.1.0
open_line 4040
holds "it serves" equal "$(ask version)|$(ask count)" 'version 4.1.0|count 1 2 1'
holds "no package is half done" nothing_pending

say "A library older than what its user needs, while that runs:"
holds "refused" refused packages dpkg -i /srv/archive/eglib_4.0.1_all.deb
holds "the reason is reported" \
  contains "$(<"$logs/command.log")" 'egerl 4.1.0 needs eglib (>= 4.1.0), and eglib is 4.0.1'
holds "dpkg: as before" equal "$(version_of eglib)" '4.1.0 install ok installed'
holds "the node: as before" equal "$(running egerl egerl)$(running egerl eglib)" '["4.1.0"]["4.1.0"]'
holds "no package is half done" nothing_pending
holds "the user is removed" packages dpkg --remove egerl

say "A removal of a package that is unpacked, but not configured (dpkg does not call its prerm):"
holds "unpacked" packages dpkg --unpack /srv/archive/eglib_4.0.1_all.deb
holds "the node has it" equal "$(running egerl eglib)" '["4.0.1"]'
holds "removed" packages dpkg --remove --force-depends eglib
holds "it no longer runs" equal "$(running egerl eglib)" '[]'

say "Processes of the node call the modules while their package is removed:"
holds "installed" packages dpkg -i /srv/archive/eglib_4.1.0_all.deb
call='Modules = element(2, application:get_key(eglib, modules)),
  [spawn(fun Call() -> catch M:module_info(), receive after 2 -> Call() end end) || M <- Modules], length(Modules).'
callers() { on_node egerl "[exit(P, kill) || P <- processes(), {_, {erl_eval, _, _}} <- [process_info(P, initial_call)]], ok."; }
loaded() { on_node egerl '[M || {M, F} <- code:all_loaded(), is_list(F), string:find(F, "/eglib-") =/= nomatch].'; }
holds "they call" equal "$(on_node egerl "$call")" 4
for i in 1 2 3; do
  holds "removed" packages dpkg --remove eglib
  holds "as is reported" equal "$(tr -d '\r' <"$logs/command.log" | grep '^erlrc-')" "erlrc-stop: Stopping 'eglib': (egerl) unloaded"
  holds "it does not run any longer, and no module of it came back" equal "$(running egerl eglib)$(loaded)" '[][]'
  holds "installed again" packages dpkg -i "/srv/archive/eglib_4.$((i % 2)).$(((i + 1) % 2))_all.deb"
  holds "it runs" equal "$(running egerl eglib)" "[\"4.$((i % 2)).$(((i + 1) % 2))\"]"
done
callers >>"$logs/packages.log"
holds "no package is half done" nothing_pending
