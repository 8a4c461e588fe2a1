%% SPDX-License-Identifier: BSD-3-Clause
%% A server whose record `state' and whose struct get a field in version 2, which still matches the `job' of
%% version 1. Its code_change knows both records.
-module(holder).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3, '__struct__'/0]).

-if(?VSN =:= 1).
-record(state, {n = 0, jobs = []}).
-record(job, {id}).
'__struct__'() -> #{'__struct__' => ?MODULE, n => 0}.
-else.
-record(state, {n = 0, jobs = [], more}).
-record(job, {id, unit}).
'__struct__'() -> #{'__struct__' => ?MODULE, n => 0, more => none}.
-endif.

init([]) -> {ok, #state{}};
init(N) -> {ok, #state{n = N}}.

handle_call(n, _, #state{n = N} = S) -> {reply, N, S}.

handle_cast(#job{} = Job, #state{jobs = Jobs} = S) -> {noreply, S#state{jobs = [Job | Jobs]}}.

handle_info({job, _}, S) -> {noreply, S};
handle_info({tick, _}, S) -> {noreply, S};
handle_info({tick, _, _}, S) -> {noreply, S}.

code_change(_, {state, N, Jobs}, _) -> {ok, {state, N, Jobs, none}};
code_change(_, {state, N, Jobs, _}, _) -> {ok, {state, N, Jobs}}.
