%% SPDX-License-Identifier: BSD-3-Clause
%% A server whose state is a map, which gets keys in version 2: some that it needs, some that it does without.
-module(mapping).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

-if(?VSN =:= 1).
init([]) -> {ok, #{n => 1, jobs => []}};
init(N) -> {ok, #{n => N, jobs => []}}.

handle_call(n, _, #{n := N} = S) -> {reply, N, S}.

handle_cast(Job, #{jobs := Jobs} = S) -> {noreply, S#{jobs := [Job | Jobs]}}.

handle_info(_, S) -> {noreply, S}.
-else.
init([]) -> {ok, #{n => 1, jobs => [], limit => 3, unit => none, asked => 0, tried => 0, found => 0, late => 0}};
init(N) -> {ok, #{n => N, jobs => [], limit => 3, unit => none, asked => 0, tried => 0, found => 0, late => 0}}.

handle_call(n, _, #{n := N, limit := Limit} = S) -> {reply, min(N, Limit), S}.

handle_cast(Job, #{jobs := Jobs} = S) -> {noreply, S#{jobs := [Job | Jobs], unit := Job}}.

handle_info(asked, S) -> {noreply, maps:get(asked, S)};
handle_info(tried, S) -> {noreply, maps:get(tried, S, none)};
handle_info(found, S) -> {noreply, case S of #{found := Found} -> Found; _ -> 0 end};
handle_info(late, S) when is_map_key(late, S) -> {noreply, maps:get(late, S)}.
-endif.

code_change(_, #{limit := _, old := Old} = S, _) -> {ok, S#{old := Old}}.
