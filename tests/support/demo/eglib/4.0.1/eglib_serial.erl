%% SPDX-License-Identifier: BSD-3-Clause
%% Gives out serial numbers, each once in the life of the node. The state is the last one.
-module(eglib_serial).
-behaviour(gen_server).
-export([start_link/0, next/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

next() -> gen_server:call(?MODULE, next).

init([]) -> {ok, 0}.

handle_call(next, _From, Last) -> {reply, Last + 1, Last + 1}.

handle_cast(_, Last) -> {noreply, Last}.

handle_info(_, Last) -> {noreply, Last}.

code_change(_, Last, _Extra) -> {ok, Last}.
