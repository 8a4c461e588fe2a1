%% SPDX-License-Identifier: BSD-3-Clause
%% A process with a conversion in one direction only: unexpected states stay unchanged.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, start_link/1, init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

start_link(Args) ->
    gen_server:start_link(?MODULE, Args, []).

handle_cast(_, State) -> {noreply, State}.

-if(?VSN =:= "1.0.0").
init(_) -> {ok, {state, 0}}.
handle_call(count, _, {state, N}) -> {reply, N, {state, N + 1}}.
code_change(_, State, _) -> {ok, State}.
-else.
init(_) -> {ok, {state, 0, new}}.
handle_call(count, _, {state, N, new}) -> {reply, N, {state, N + 1, new}}.
code_change(_, {state, N}, _) -> {ok, {state, N, new}};
code_change(_, State, _) -> {ok, State}.
-endif.
