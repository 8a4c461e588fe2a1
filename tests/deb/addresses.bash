# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Nodes that do not listen where most nodes do (field.md): on one address only
# (inet_dist_use_interface), on a port that another node has on another address, and on a host without IPv4.

# cycle ARGUMENT...: egerl on a node with these arguments, from its installation to its removal.
cycle() {
  start_node egerl 4040 "$@"
  holds "installed" put eglib=4.1.0 egerl=4.0.1
  has 4.0.1
  holds "upgraded" put egerl=4.1.0
  holds "as was forecast" grep -E '^ *egerl .*4\.0\.1 .*4\.1\.0 .* hot' "$logs/command.log"
  has 4.1.0
  holds "downgraded" put egerl=4.0.1
  has 4.0.1
  holds "a check of the entry goes all the way" erlrc-node check egerl
  holds "removed" take_away egerl eglib
  holds "it does not run any longer" equal "$(running egerl egerl)" '[]'
  stop_nodes
}

install_programs
install -m 0644 "$here/../../hooks/apt/20erlrc" /etc/apt/apt.conf.d/20erlrc
register_node egerl

say "The node listens on 127.0.1.1 only, which is the address of the host's name:"
cycle -kernel inet_dist_use_interface '{127,0,1,1}'

say "The node and epmd listen on an address of the network only:"
ip address add 192.0.2.7/32 dev lo
sed -i 's/^127.0.1.1 /192.0.2.7 /' /etc/hosts
as_service epmd -kill >>"$logs/packages.log" 2>&1
as_service env ERL_EPMD_ADDRESS=192.0.2.7 epmd -daemon
cycle -kernel inet_dist_use_interface '{192,0,2,7}'

say "The host has no IPv4:"
as_service epmd -kill >>"$logs/packages.log" 2>&1
ip -4 address flush dev lo
printf '::1 throw-away localhost\n' >/etc/hosts
# erl_call speaks IPv4 only.
on_node() {
  as_service env EXPRESSION="$2" erl -noinput -proto_dist inet6_tcp -sname asks -eval "
    {ok, Tokens, _} = erl_scan:string(os:getenv(\"EXPRESSION\")),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erpc:call('$1@throw-away', erl_eval, exprs, [Expressions, []], 60000),
    io:format(\"~p\", [Value]), halt()." 2>/dev/null
}
is_up() { [[ $(on_node "$1" 'init:get_status().') == '{started,started}' ]]; }
cycle -proto_dist inet6_tcp -kernel inet_dist_use_interface '{0,0,0,0,0,0,0,1}'
