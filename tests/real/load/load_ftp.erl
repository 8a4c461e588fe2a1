%% SPDX-License-Identifier: BSD-3-Clause
-module(load_ftp).
%% Sessions, which are processes of the application, with a server of ours that knows one directory.
-export([prepare/0, start/0, use/1]).

prepare() ->
    load_server:start(?MODULE, fun(Socket) ->
                                       ok = inet:setopts(Socket, [{packet, line}]),
                                       ok = gen_tcp:send(Socket, <<"220 load\r\n">>),
                                       answers(Socket)
                               end).

answers(Socket) ->
    {ok, Line} = gen_tcp:recv(Socket, 0),
    ok = gen_tcp:send(Socket, [answer(string:uppercase(binary_part(Line, 0, 3))), "\r\n"]),
    answers(Socket).

answer(<<"USE">>) -> <<"331 who?">>;
answer(<<"PAS">>) -> <<"230 welcome">>;
answer(<<"PWD">>) -> <<"257 \"/there\"">>;
answer(_) -> <<"500 unknown">>.

start() ->
    {ok, Session} = ftp:open("127.0.0.1", [{port, load_server:port(?MODULE)}]),
    ok = ftp:user(Session, "u", "p"),
    Session.

use(Session) -> {ok, "/there"} = ftp:pwd(Session), Session.
