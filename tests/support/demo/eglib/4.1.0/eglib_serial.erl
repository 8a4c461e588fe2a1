%% SPDX-License-Identifier: BSD-3-Clause
%% Gives out serial numbers, each once in the life of the node, and knows when the last one was given.
-module(eglib_serial).
-behaviour(gen_server).
-export([start_link/0, next/0, last/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

-record(state, {last = 0, given}).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

next() -> gen_server:call(?MODULE, next).

last() -> gen_server:call(?MODULE, last).

init([]) -> {ok, #state{}}.

handle_call(next, _From, #state{last = Last}) ->
    {reply, Last + 1, #state{last = Last + 1, given = erlang:timestamp()}};
handle_call(last, _From, State) ->
    {reply, {State#state.last, State#state.given}, State}.

handle_cast(_, State) -> {noreply, State}.

handle_info(_, State) -> {noreply, State}.

%% 4.0.1 kept the bare number.
code_change({down, _}, #state{last = Last}, _Extra) -> {ok, Last};
code_change(_, Last, _Extra) when is_integer(Last) -> {ok, #state{last = Last}}.
