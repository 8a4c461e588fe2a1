%% SPDX-License-Identifier: BSD-3-Clause
%%
%% A server on loopback: one process of ours for each connection. No code of it changes.
-module(load_server).
-export([start/2, port/1, request/3]).

start(Name, Serve) ->
    Options = [binary, {active, false}, {ip, {127, 0, 0, 1}}, {reuseaddr, true}, {backlog, 50}],
    {ok, Listener} = gen_tcp:listen(0, Options),
    {ok, Port} = inet:port(Listener),
    persistent_term:put({?MODULE, Name}, Port),
    Acceptor = spawn(fun() -> receive go -> accept(Listener, Serve) end end),
    ok = gen_tcp:controlling_process(Listener, Acceptor),
    Acceptor ! go,
    ok.

port(Name) -> persistent_term:get({?MODULE, Name}).

accept(Listener, Serve) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() -> receive go -> catch Serve(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listener, Serve).

%% Sends, and waits for that many bytes.
request(Socket, Request, Size) ->
    ok = gen_tcp:send(Socket, Request),
    {ok, Answer} = gen_tcp:recv(Socket, Size, 60000),
    Answer.
