%% SPDX-License-Identifier: BSD-3-Clause
-module(load_gen_batch_server).
%% A server whose loop is that of the application.
-export([start/0, use/1]).
-export([init/1, handle_batch/2]).

start() ->
    {ok, Server} = gen_batch_server:start_link(?MODULE, []),
    {Server, gen_batch_server:call(Server, next)}.

use({Server, Last}) ->
    Next = gen_batch_server:call(Server, next),
    true = Next > Last,
    {Server, Next}.

init([]) -> {ok, 0}.

handle_batch(Calls, N) ->
    Numbered = lists:zip([From || {call, From, next} <- Calls], lists:seq(N + 1, N + length(Calls))),
    {ok, [{reply, From, M} || {From, M} <- Numbered], N + length(Calls)}.
