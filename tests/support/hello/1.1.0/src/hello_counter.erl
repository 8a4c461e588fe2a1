%% SPDX-License-Identifier: BSD-3-Clause
%% Its state is {counter, Greetings, Greetings when it became this version}.
-module(hello_counter).
-behaviour(gen_server).
-export([start_link/0, greet/0]).
-export([init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).
greet() -> gen_server:call(?MODULE, greet).

init([]) -> {ok, {counter, 0, 0}}.
handle_call(greet, _From, {counter, N, At}) -> {reply, {hello, N + 1, since, At}, {counter, N + 1, At}}.
handle_cast(_, State) -> {noreply, State}.
code_change({down, _}, {counter, N, _}, _) -> {ok, {counter, N}};
code_change(_, {counter, N}, _) -> {ok, {counter, N, N}}.
