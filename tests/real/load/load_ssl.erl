%% SPDX-License-Identifier: BSD-3-Clause
-module(load_ssl).
%% A connection that stays, and a new one for each request.
-export([prepare/0, start/0, use/1]).

prepare() ->
    #{server_config := Server, client_config := Client} =
        public_key:pkix_test_data(#{server_chain => chain(), client_chain => chain()}),
    Options = [binary, {active, false}, {ip, {127, 0, 0, 1}}, {reuseaddr, true} | Server],
    {ok, Listener} = ssl:listen(0, Options),
    {ok, {_, Port}} = ssl:sockname(Listener),
    persistent_term:put(?MODULE, {Port, Client}),
    spawn(fun() -> accept(Listener) end).

chain() -> #{root => [{key, key()}], intermediates => [], peer => [{key, key()}]}.
key() -> {namedCurve, secp256r1}.

accept(Listener) ->
    {ok, Accepted} = ssl:transport_accept(Listener),
    Pid = spawn(fun() -> receive go -> {ok, Socket} = ssl:handshake(Accepted, 60000), echo(Socket) end end),
    ok = ssl:controlling_process(Accepted, Pid),
    Pid ! go,
    accept(Listener).

echo(Socket) ->
    case ssl:recv(Socket, 4) of
        {ok, Four} -> ok = ssl:send(Socket, Four), echo(Socket);
        {error, _} -> ok
    end.

start() -> connect().

connect() ->
    {Port, Options} = persistent_term:get(?MODULE),
    Unverified = [binary, {active, false}, {verify, verify_none} | Options],
    {ok, Socket} = ssl:connect("127.0.0.1", Port, Unverified, 60000),
    Socket.

use(Socket) ->
    ping(Socket),
    Other = connect(),
    ping(Other),
    ok = ssl:close(Other),
    Socket.

ping(Socket) ->
    ok = ssl:send(Socket, <<"ping">>),
    {ok, <<"ping">>} = ssl:recv(Socket, 4, 60000).
