%% SPDX-License-Identifier: BSD-3-Clause
-module(load_gun).
%% A connection of the client, which is a special process, to a server of ours.
-export([prepare/0, start/0, use/1]).

prepare() -> load_server:start(?MODULE, fun answers/1).

answers(Socket) ->
    ok = inet:setopts(Socket, [{packet, http_bin}]),
    {ok, {http_request, 'GET', _, _}} = gen_tcp:recv(Socket, 0),
    headers(Socket),
    ok = gen_tcp:send(Socket, <<"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer">>),
    answers(Socket).

headers(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, http_eoh} -> ok;
        {ok, {http_header, _, _, _, _}} -> headers(Socket)
    end.

start() ->
    %% The server does not know the empty lines that keep a connection alive.
    Options = #{retry => 0, http_opts => #{keepalive => infinity}},
    {ok, Connection} = gun:open("127.0.0.1", load_server:port(?MODULE), Options),
    {ok, http} = gun:await_up(Connection),
    Connection.

use(Connection) ->
    Stream = gun:get(Connection, "/"),
    {response, nofin, 200, _} = gun:await(Connection, Stream),
    {ok, <<"answer">>} = gun:await_body(Connection, Stream),
    Connection.
