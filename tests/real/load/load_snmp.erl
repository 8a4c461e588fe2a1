%% SPDX-License-Identifier: BSD-3-Clause
-module(load_snmp).
%% A manager that asks an agent for its name.
-export([prepare/0, start/0, use/1]).
-export([handle_error/3, handle_agent/5, handle_pdu/4, handle_trap/3, handle_inform/3, handle_report/3,
         handle_invalid_result/2]).

-define(host, {127, 0, 0, 1}).
-define(system_name, [1, 3, 6, 1, 2, 1, 1, 5, 0]).

prepare() ->
    Port = free_port(),
    Agent = directory("agent"),
    Manager = directory("manager"),
    Host = tuple_to_list(?host),
    ok = snmp_config:write_agent_snmp_files(Agent, [v2], Host, free_port(), Host, Port, "load", trap, none,
                                            "", "load agent", 484),
    ok = snmp_config:write_manager_snmp_files(Manager, Host, free_port(), 484, "load manager", [], [], []),
    configure(agent, [{db_dir, Agent}, {config, [{dir, Agent}]}]),
    configure(manager, [{config, [{dir, Manager}, {db_dir, Manager}]}]),
    ok = snmp:start_agent(normal),
    ok = snmp:start_manager(normal),
    ok = snmpm:register_user("load", ?MODULE, self()),
    ok = snmpm:register_agent("load", "agent", [{engine_id, "load agent"}, {address, ?host}, {port, Port},
                                                {version, v2}, {sec_model, v2c}, {community, "public"},
                                                {sec_name, "initial"}, {sec_level, noAuthNoPriv}]).

configure(Part, Options) -> ok = application:set_env(snmp, Part, [{versions, [v2]} | Options]).

directory(Name) ->
    Dir = filename:absname("load_snmp_" ++ Name),
    ok = filelib:ensure_dir(filename:join(Dir, "x")),
    Dir.

free_port() ->
    {ok, Socket} = gen_udp:open(0, [{ip, ?host}]),
    {ok, Port} = inet:port(Socket),
    gen_udp:close(Socket),
    Port.

start() -> none.

use(none) ->
    {ok, {noError, _, [Answer]}, _} = snmpm:sync_get2("load", "agent", [?system_name]),
    "load" = element(4, Answer),
    none.

handle_error(_, _, _) -> ignore.
handle_agent(_, _, _, _, _) -> ignore.
handle_pdu(_, _, _, _) -> ignore.
handle_trap(_, _, _) -> ignore.
handle_inform(_, _, _) -> ignore.
handle_report(_, _, _) -> ignore.
handle_invalid_result(_, _) -> ignore.
