%% SPDX-License-Identifier: BSD-3-Clause
-module(load_eldap).
%% Connections, which are processes of the application, to a server of ours that finds nothing.
-export([prepare/0, start/0, use/1]).

-define(login, 16#60).
-define(login_done, 16#61).
-define(search, 16#63).
-define(search_done, 16#65).

prepare() ->
    load_server:start(?MODULE, fun(Socket) ->
                                       ok = inet:setopts(Socket, [{packet, asn1}]),
                                       answers(Socket)
                               end).

%% A request is a sequence of its number and of what is asked; all are shorter than 128 bytes.
answers(Socket) ->
    {ok, <<16#30, _, 2, Size, Id:Size/binary, Asked, _/binary>>} = gen_tcp:recv(Socket, 0),
    Done = case Asked of
               ?login -> ?login_done;
               ?search -> ?search_done
           end,
    ok = gen_tcp:send(Socket, [<<16#30, (Size + 11), 2, Size>>, Id, <<Done, 7, 10, 1, 0, 4, 0, 4, 0>>]),
    answers(Socket).

start() ->
    {ok, Connection} = eldap:open(["127.0.0.1"], [{port, load_server:port(?MODULE)}]),
    ok = eldap:simple_bind(Connection, "cn=u", "p"),
    Connection.

use(Connection) ->
    {ok, Found} = eldap:search(Connection, [{base, "dc=load"}, {filter, eldap:present("cn")}]),
    [] = element(2, Found),
    Connection.
