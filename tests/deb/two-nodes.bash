# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that a failing upgrade of one of two nodes leaves both nodes, and the packages, at the
# old version.

versions() { echo "$(running one egerl)$(running two egerl)"; }
broken_state() { on_node two "sys:replace_state(egerl_counter, fun(_) -> $1 end)."; }

install_programs
start_node one 4041
start_node two 4042
register_node one
register_node two
holds "installed" put eglib=4.0.1 egerl=4.0.1
holds "both nodes run it" equal "$(versions)" '["4.0.1"]["4.0.1"]'
open_line 4041
first=$(ask count)
state=$(on_node two 'sys:get_state(egerl_counter).')
say "   the counter of the second node: $state; now it gets a state that no code_change knows"
broken_state nonsense >/dev/null

holds "the library is upgraded in both" put eglib=4.1.0
holds "the upgrade is refused" refused put egerl=4.1.0
holds "the node is named" contains "$(<"$logs/command.log")" two
holds "dpkg: still 4.0.1" equal "$(version_of egerl)" '4.0.1 install ok installed'
holds "disk: still 4.0.1" equal "$(directories)" 'egerl-4.0.1 eglib-4.1.0 '
holds "both nodes run 4.0.1" equal "$(versions)" '["4.0.1"]["4.0.1"]'
holds "the first one answers over the same connection" equal "$first|$(ask version)|$(ask count)" \
  "$first|version 4.0.1|count 1 3 2"
holds "the second has its states as they were" equal "$(on_node two 'sys:get_state(egerl_counter).')" nonsense
for node in one two; do
  holds "no process of $node is suspended" equal "$(on_node $node '
    [P || P <- [egerl_counter, eglib_serial, egerl_listener], lists:nth(2, element(4, sys:get_status(P))) =/= running].')" '[]'
done
holds "no package is half done" nothing_pending

broken_state "{state, 7}" >/dev/null
holds "with a state that code_change knows, it is upgraded" put egerl=4.1.0
holds "both nodes run 4.1.0" equal "$(versions)" '["4.1.0"]["4.1.0"]'
holds "the first node keeps its connection and its state" \
  equal "$(ask version)|$(ask count)" 'version 4.1.0|count 1 5 3'
holds "so does the second its state" \
  equal "$(on_node two 'sys:get_state(egerl_counter).')" '{state, 7, 7, #{}}'

say "The second node goes down:"
on_node two 'init:stop().' >/dev/null
holds "it is no longer registered in epmd" eventually eval '! as_service epmd -names | grep -q "^name two "'
holds "a downgrade is run in the other one" put egerl=4.0.1 eglib=4.0.1
holds "it runs 4.0.1" equal "$(running one egerl)" '["4.0.1"]'
holds "the same connection" equal "$(ask version)|$(ask count)" 'version 4.0.1|count 1 7 4'
