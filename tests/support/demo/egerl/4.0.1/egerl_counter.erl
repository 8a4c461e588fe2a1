%% SPDX-License-Identifier: BSD-3-Clause
%% Counts the requests of all connections.
-module(egerl_counter).
-behaviour(gen_server).
-export([start_link/0, up/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

-record(state, {count = 0}).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% up(): counts one more request; returns the new count.
up() -> gen_server:call(?MODULE, up, infinity).

init([]) -> {ok, #state{}}.

handle_call(up, _From, #state{count = N}) -> {reply, N + 1, #state{count = N + 1}}.

handle_cast(_, State) -> {noreply, State}.

handle_info(_, State) -> {noreply, State}.

code_change(_, State, _Extra) -> {ok, State}.
