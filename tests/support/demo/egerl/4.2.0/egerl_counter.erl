%% SPDX-License-Identifier: BSD-3-Clause
%% Counts the requests of all connections. This version was released without a test of its upgrade.
-module(egerl_counter).
-behaviour(gen_server).
-export([start_link/0, up/0, since/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

-record(state, {count = 0, base = 0, options = #{}, limit = infinity}).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

%% up(): counts one more request; returns the new count.
up() -> gen_server:call(?MODULE, up, infinity).

%% since(): returns the number of requests since this version runs.
since() -> gen_server:call(?MODULE, since, infinity).

init([]) -> {ok, #state{}}.

handle_call(up, _From, #state{count = N} = State) -> {reply, N + 1, State#state{count = N + 1}};
handle_call(since, _From, State) -> {reply, State#state.count - State#state.base, State}.

handle_cast(_, State) -> {noreply, State}.

handle_info(_, State) -> {noreply, State}.

%% The mistake: 4.1.0 keeps no limit among its options.
code_change(_, {state, N, Base, Options}, _Extra) ->
    {ok, #state{count = N, base = Base, options = Options, limit = maps:get(limit, Options)}}.
