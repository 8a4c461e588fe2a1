%% SPDX-License-Identifier: BSD-3-Clause
-module(load_ssh).
%% Commands on a connection that stays.
-export([prepare/0, start/0, use/1]).

prepare() ->
    Dir = filename:basedir(user_cache, "load_ssh"),
    Key = filename:join(Dir, "ssh_host_ecdsa_key"),
    ok = filelib:ensure_dir(Key),
    Private = public_key:generate_key({namedCurve, secp256r1}),
    ok = file:write_file(Key, public_key:pem_encode([public_key:pem_entry_encode('ECPrivateKey', Private)])),
    {ok, Daemon} = ssh:daemon({127, 0, 0, 1}, 0, [{system_dir, Dir}, {user_passwords, [{"u", "p"}]},
                                                  {exec, {direct, fun(Text) -> {ok, Text} end}}]),
    {ok, Info} = ssh:daemon_info(Daemon),
    persistent_term:put(?MODULE, {proplists:get_value(port, Info), Dir}).

start() ->
    {Port, Dir} = persistent_term:get(?MODULE),
    Options = [{silently_accept_hosts, true}, {save_accepted_host, false}, {user, "u"}, {password, "p"},
               {user_dir, Dir}],
    {ok, Connection} = ssh:connect("127.0.0.1", Port, Options, 60000),
    Connection.

use(Connection) ->
    {ok, Channel} = ssh_connection:session_channel(Connection, 60000),
    success = ssh_connection:exec(Connection, Channel, "text", 60000),
    receive {ssh_cm, Connection, {data, Channel, 0, <<"text", _/binary>>}} -> ok
    after 60000 -> error(no_answer)
    end,
    receive {ssh_cm, Connection, {closed, Channel}} -> ok after 60000 -> error(not_closed) end,
    flush(Connection),
    Connection.

flush(Connection) -> receive {ssh_cm, Connection, _} -> flush(Connection) after 0 -> ok end.
