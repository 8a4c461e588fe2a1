%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_fsm).
-behaviour(gen_statem).
-export([start_link/0, init/1, callback_mode/0, handle_event/4, code_change/4]).

start_link() -> gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).
callback_mode() -> handle_event_function.

-ifndef(V2).
init([]) -> {ok, one, data}.
handle_event({call, From}, _, S, D) -> {keep_state_and_data, [{reply, From, {S, D}}]}.
code_change(_, S, D, _) -> {ok, S, D}.
-else.
init([]) -> {ok, two, {data, 2}}.
handle_event({call, From}, _, two, {data, 2}) -> {keep_state_and_data, [{reply, From, {two, {data, 2}}}]}.
code_change({down, _}, two, {data, 2}, []) -> {ok, one, data};
code_change(_, one, data, []) -> {ok, two, {data, 2}}.
-endif.
