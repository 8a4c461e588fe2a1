%% SPDX-License-Identifier: BSD-3-Clause
%% As caller, without a code_change.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, handle_info/2]).

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
