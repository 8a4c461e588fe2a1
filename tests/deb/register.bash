# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests that erlrc-node tries the entry of a real node that it writes, and reports what it found; and
# what the list of nodes shows of the same entries.

# register ARGUMENT...: registers the node with the cookie of its user, for all applications.
register() { erlrc-node register --cookie-file /var/lib/egerl/.erlang.cookie "$@" egerl 2>&1; }
beam() { pgrep -u egerld -x beam.smp; }
# found WHY COMMAND...: what both forms of the command report, and the list. The entry stays, so that it can be mended.
found() {
  local why=$1 said
  shift
  said=$("$@" --start all)
  holds "with --start: $why" contains "$said" 'erlrc-node: (egerl) registered, but: '
  holds "which is reported" contains "$said" "$why"
  said=$("$@")
  holds "without it, the safe rule is chosen" contains "$said" 'erlrc-node: (egerl) registered with start = running: '
  holds "for the same reason" contains "$said" "$why"
  holds "the entry is there" test -s /etc/erlrc.d/nodes/egerl
  holds "the list reports it, too" contains "$(erlrc-node list --status 2>&1)" "$why"
}

install_programs
start_node egerl 4040

say "An entry that fits:"
holds "is reported" equal "$(register --start all)" 'erlrc-node: (egerl) registered'
holds "with what packages may start" equal "$(register)" \
  'erlrc-node: (egerl) registered with start = all: the node runs no applications of its own'
holds "the list shows a node in sync" equal "$(erlrc-node list --status 2>&1)" 'egerl in_sync'

say "Another cookie:"
with_other_cookie() { echo another_cookie | erlrc-node register --user egerld "$@" egerl 2>&1; }
found cookie with_other_cookie

say "Another user, with a copy of the cookie, which does not show its owner:"
copied() { erlrc-node register --copy-cookie /var/lib/egerl/.erlang.cookie "$@" egerl 2>&1; }
found 'belongs to user egerld, expected root' copied --user root

say "A port on which nothing listens:"
found 'port 9: ' register --port 9

say "A node that does not answer, since it is stopped:"
kill -STOP "$(beam)"
found 'did not answer in time' register
kill -CONT "$(beam)"
holds "it is well again" eventually eval '[[ $(register) == *"start = all"* ]]'

say "A node of another system, which does not see the entry:"
unshare --mount bash -c 'mkdir -p /tmp/etc/nodes && mount --bind /tmp/etc /etc/erlrc.d && "$@"' - \
  erlrc-node register --start all --cookie-file /var/lib/egerl/.erlang.cookie egerl >"$logs/command.log" 2>&1
holds "is reported as such" contains "$(<"$logs/command.log")" 'registered, but: it belongs to another system'

say "A node that is down:"
stop_nodes
holds "is reported" equal "$(register)" 'erlrc-node: (egerl) registered with start = running: the node is down'
holds "is in the list" equal "$(erlrc-node list --status 2>&1)" 'egerl node_down'
holds "no cookie in any log" no_cookie_in_logs
