%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_event).
-behaviour(gen_event).
-export([start_link/0, init/1, handle_event/2, handle_call/2, code_change/3]).

start_link() ->
    {ok, Pid} = gen_event:start_link({local, ?MODULE}),
    ok = gen_event:add_handler(Pid, ?MODULE, []),
    {ok, Pid}.
init([]) -> {ok, state}.
handle_event(_, S) -> {ok, S}.

-ifndef(V2).
handle_call(_, S) -> {ok, S, S}.
code_change(_, S, _) -> {ok, S}.
-else.
handle_call(_, {S, 2}) -> {ok, {S, 2}, {S, 2}}.
code_change({down, _}, {S, 2}, []) -> {ok, S};
code_change(_, S, []) -> {ok, {S, 2}}.
-endif.
