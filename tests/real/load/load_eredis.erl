%% SPDX-License-Identifier: BSD-3-Clause
-module(load_eredis).
%% A connection to a server of ours that gives one answer to everything.
-export([prepare/0, start/0, use/1]).

prepare() -> load_server:start(?MODULE, fun answers/1).

answers(Socket) ->
    {ok, _} = gen_tcp:recv(Socket, 0),
    ok = gen_tcp:send(Socket, <<"+PONG\r\n">>),
    answers(Socket).

start() -> {ok, Client} = eredis:start_link("127.0.0.1", load_server:port(?MODULE)), Client.

use(Client) -> {ok, <<"PONG">>} = eredis:q(Client, ["PING"]), Client.
