%% SPDX-License-Identifier: BSD-3-Clause
%% Servers of which version 2 needs for some messages what their states may not have yet.
-module(moded).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2]).

init([]) -> {ok, {[], #{}}}.

-if(?VSN =:= 1).
handle_call(pop, _, {[First | Rest], Map}) -> {reply, First, {Rest, Map}};
handle_call(pop, _, {[], _} = S) -> {reply, none, S};
handle_call(limit, _, {_, _} = S) -> {reply, none, S};
handle_call({last, Chain}, _, S) -> {reply, last(Chain, S), S}.
-else.
handle_call(pop, _, {[First | Rest], Map}) -> {reply, First, {Rest, Map}};
handle_call(limit, _, {_, Map} = S) ->
    check(Map, S),
    #{limit := Limit} = Map,
    {reply, Limit, S};
handle_call({last, Chain}, _, S) -> {reply, last(Chain, S), S}.

check(#{limit := _}, _) -> ok;
check(_, S) -> throw({reply, none, S}).
-endif.

handle_cast({last, Chain, _}, S) -> last(Chain, S), {noreply, S}.

last({_, Next}, S) -> last(Next, S);
last(Last, _) -> Last.
