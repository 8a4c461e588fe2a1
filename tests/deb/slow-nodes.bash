# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that a node that is slow or stopped does not refuse what the others can do: neither in the
# forecast nor, where the administrator lets it keep the old version, in the upgrade.

said() { contains "$(<"$logs/command.log")" "$1"; }
beam() { pgrep -u egerld -f "beam.smp.* -sname $1 "; }
# rows NODE: the rows of the table for this node.
rows() { sed -z 's/\n      */ /g' "$logs/command.log" | grep -E "^  eg[a-z]* .* $1 " | tr -s ' '; }
# at VSN NODE...: the nodes run that version of both applications.
at() {
  local node vsn=$1
  shift
  for node in "$@"; do
    holds "$node runs $vsn" equal "$(running "$node" eglib)$(running "$node" egerl)" "[\"$vsn\"][\"$vsn\"]"
  done
}
stop() { kill -STOP "$(beam two)"; }
continue_() { kill -CONT "$(beam two)"; }
hot='eglib 4.0.1 4.1.0 one hot 2: eglib_serial eglib_text
 egerl 4.0.1 4.1.0 one hot 4: egerl_age egerl_conn egerl_counter ..'

install_programs
for node in one:4041 two:4042; do
  start_node ${node%:*} ${node#*:}
  register_node ${node%:*}
done
holds "installed" put eglib=4.0.1 egerl=4.0.1
at 4.0.1 one two

say "One node is stopped while APT looks ahead:"
stop
preflight() {
  printf 'VERSION 3\nDir=/\nErlrc::Preflight::Timeout=4\n%s\n\neglib 4.0.1 all none < 4.1.0 all none %s\n%s %s\n' "$1" \
    /srv/archive/eglib_4.1.0_all.deb 'egerl 4.0.1 all none < 4.1.0 all none' /srv/archive/egerl_4.1.0_all.deb |
    packages erlrc-apt-preflight
}
holds "the forecast ends" preflight Erlrc::Preflight=report
holds "what the other one can do is shown as such" equal "$(rows one)" " $hot"
holds "the stopped one is named" said 'two'
holds "with the reason" said 'did not answer in time'
holds "where APT is to refuse what is unknown, that is the reason" refused preflight Erlrc::Preflight=refuse
holds "not the other node" equal "$(rows one)" " $hot"
continue_

say "A node that is slow, and answers before the time is over:"
stop
(sleep 1; continue_) &
holds "the forecast ends" preflight Erlrc::Preflight=refuse
holds "both nodes are in it" equal "$(rows one | wc -l) $(rows two | wc -l)" '2 2'
holds "and can do it" refused grep -E 'refused|did not answer' "$logs/command.log"
wait $!

say "One node is stopped while packages are upgraded:"
stop
export ERLRC_TIMEOUT=10
holds "by default all nodes are to have the same version: refused" refused put eglib=4.1.0 egerl=4.1.0
holds "with the name of the stopped one" said 'erlrc-upgrade: two: '
at 4.0.1 one
holds "no package is half done" nothing_pending
printf '%s\n' '[node two]' 'on_refusal = leave' >/etc/erlrc.d/erlrc.conf
holds "where it may keep the old version, the upgrade succeeds" put eglib=4.1.0 egerl=4.1.0
at 4.1.0 one
holds "that is reported" said 'node two keeps running the old code until its restart'
continue_
at 4.0.1 two
holds "the list of nodes shows it" contains "$(erlrc-node list --status 2>&1)" two
holds "no package is half done" nothing_pending

say "One node is stopped while a package is removed and installed:"
stop
holds "removed" take_away egerl
holds "the other node has stopped it" equal "$(running one egerl)" '[]'
holds "the stopped one is named" said 'two'
holds "installed" put egerl=4.1.0
at 4.1.0 one
continue_
holds "no package is half done" nothing_pending
