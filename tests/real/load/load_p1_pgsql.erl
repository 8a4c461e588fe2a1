%% SPDX-License-Identifier: BSD-3-Clause
-module(load_p1_pgsql).
%% Connections to a server of ours that speaks PostgreSQL's protocol and has one row for each question.
-export([prepare/0, start/0, use/1]).

prepare() -> load_server:start(?MODULE, fun begin_session/1).

begin_session(Socket) ->
    {ok, <<Size:32>>} = gen_tcp:recv(Socket, 4),
    {ok, _} = gen_tcp:recv(Socket, Size - 4),
    ok = gen_tcp:send(Socket, [message($R, <<0:32>>), ready()]),
    answers(Socket).

answers(Socket) ->
    {ok, <<Type, Size:32>>} = gen_tcp:recv(Socket, 5),
    {ok, _} = gen_tcp:recv(Socket, Size - 4),
    case Type of
        $Q ->
            ok = gen_tcp:send(Socket, [columns(), row(), message($C, <<"SELECT 1", 0>>), ready()]),
            answers(Socket);
        $X ->
            ok
    end.

message(Type, Content) -> <<Type, (byte_size(Content) + 4):32, Content/binary>>.
ready() -> message($Z, <<"I">>).
columns() -> message($T, <<2:16, (column(<<"oid">>, 26))/binary, (column(<<"typname">>, 19))/binary>>).
column(Name, Type) -> <<Name/binary, 0, 0:32, 0:16, Type:32, 4:16, -1:32, 0:16>>.
row() -> message($D, <<2:16, 2:32, "16", 4:32, "bool">>).

start() ->
    {ok, Connection} = pgsql:connect([{host, "127.0.0.1"}, {port, load_server:port(?MODULE)}, {user, "u"},
                                      {password, "p"}, {database, "d"}, {as_binary, true}]),
    Connection.

use(Connection) ->
    {ok, [{<<"SELECT 1">>, _, [[<<"16">>, <<"bool">>]]}]} = pgsql:squery(Connection, "select"),
    Connection.
