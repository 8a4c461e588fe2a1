%% SPDX-License-Identifier: BSD-3-Clause
%% A server whose callbacks take other states in version 2, and functions that only code_change calls.
-module(taking).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

-if(?VSN =:= 1).
-record(state, {n = 1}).
init([]) -> {ok, #state{}}.

handle_call(n, _, #state{n = N} = S) -> {reply, N, S};
handle_call(limit, _, S) -> {reply, none, S}.

handle_cast({add, N}, S) -> {noreply, add(N, S)};
handle_cast(_, S) -> {noreply, S}.

add(N, #state{n = Old} = S) -> S#state{n = Old + N}.

handle_info(_, S) -> {noreply, S}.

code_change(_, S, _) -> {ok, S}.
-else.
init([]) -> {ok, #{n => 1, limit => 5}}.

handle_call(n, _, #{n := N} = S) -> {reply, N, S};
handle_call(limit, _, S) -> {reply, maps:get(limit, S, 1), S}.

handle_cast({add, N}, S) -> {noreply, add(N, S)};
handle_cast(_, S) -> {noreply, S}.

add(N, S) -> maps:update_with(limit, fun(Old) -> Old + N end, S).

handle_info({show, Port}, S) -> Port ! show(#{limit => 3, port => Port}), {noreply, S};
handle_info(_, S) -> {noreply, S}.

show(#{limit := Limit, port := Port}) -> {Limit, Port}.

code_change(_, S, _) -> {ok, converted(S)}.

converted({state, N}) -> #{n => N, limit => 5};
converted(S) -> S.
-endif.
