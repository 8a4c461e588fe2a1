%% SPDX-License-Identifier: BSD-3-Clause
-module(load_ranch).
%% A listener with a protocol of ours, connections that stay, and new ones.
-export([prepare/0, start/0, use/1]).
-export([start_link/3, start_link/4, serve/1]).

prepare() ->
    {ok, _} = ranch:start_listener(?MODULE, ranch_tcp, [{ip, {127, 0, 0, 1}}, {port, 0}], ?MODULE, []).

start_link(Listener, _Socket, Transport, Options) -> start_link(Listener, Transport, Options).
start_link(Listener, _Transport, _Options) -> {ok, spawn_link(?MODULE, serve, [Listener])}.

serve(Listener) ->
    {ok, Socket} = ranch:handshake(Listener),
    echo(Socket).

echo(Socket) ->
    case gen_tcp:recv(Socket, 4) of
        {ok, Four} -> ok = gen_tcp:send(Socket, Four), echo(Socket);
        {error, closed} -> ok
    end.

start() -> connect().

connect() ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, ranch:get_port(?MODULE), [binary, {active, false}], 60000),
    Socket.

use(Socket) ->
    <<"ping">> = load_server:request(Socket, <<"ping">>, 4),
    Other = connect(),
    <<"pong">> = load_server:request(Other, <<"pong">>, 4),
    gen_tcp:close(Other),
    Socket.
