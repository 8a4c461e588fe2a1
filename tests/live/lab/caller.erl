%% SPDX-License-Identifier: BSD-3-Clause
%% Calls the servers CHILDREN every millisecond.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    self() ! call,
    {ok, 0}.

handle_call(_, _, N) ->
    {reply, N, N}.

handle_cast(_, N) ->
    {noreply, N}.

handle_info(call, N) ->
    erlang:send_after(1, self(), call),
    [{_, _} = gen_server:call(Server, vsn) || Server <- CHILDREN],
    {noreply, N + 1}.

code_change(_, N, _) ->
    {ok, N}.
