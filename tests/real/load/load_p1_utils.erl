%% SPDX-License-Identifier: BSD-3-Clause
-module(load_p1_utils).
%% Servers of the application's own behaviour, whose loop is p1_server, and its queues.
-export([start/0, use/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2, code_change/3]).

start() ->
    {ok, Server} = p1_server:start_link(?MODULE, [], []),
    {Server, p1_queue:new()}.

use({Server, Queue}) ->
    N = p1_server:call(Server, next),
    true = is_integer(N),
    {{value, N}, Next} = p1_queue:out(p1_queue:in(N, Queue)),
    {Server, Next}.

init([]) -> {ok, 0}.
handle_call(next, _, N) -> {reply, N, N + 1}.
handle_cast(_, N) -> {noreply, N}.
handle_info(_, N) -> {noreply, N}.
terminate(_, _) -> ok.
code_change(_, N, _) -> {ok, N}.
