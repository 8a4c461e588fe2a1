# SPDX-License-Identifier: BSD-3-Clause
# Functions for tests where systemd runs. Sourced after deb.bash: nodes that are services replace its nodes.

property() { systemctl show --property="$2" --value "$1"; }
home() { echo "/var/lib/private/erlrc/nodes/$1"; }
uid_of() { stat --format=%u "$(home "$1")/.erlang.cookie"; }
# on_node NODE EXPRESSION: as in deb.bash, with the node's own cookie.
on_node() {
  env -i HOME="$(home "$1")" PATH=/usr/sbin:/usr/bin:/sbin:/bin erl_call -timeout 60 -sname "$1" -e <<<"$2" |
    tr -s '\n ' ' ' | sed 's/^{ok, \(.*\)} *$/\1/'
}
versions() { echo "$(running "$1" egerl)$(running "$1" eglib)"; }
registered() { erlrc-node list | tr '\n' ' '; }
