%% SPDX-License-Identifier: BSD-3-Clause
%% A server that dies of its first message, which comes at once.
-module(MODULE).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    gen_server:cast(self(), die),
    {ok, none}.

handle_call(_, _, State) ->
    {reply, ok, State}.

handle_cast(die, State) ->
    {stop, dead, State}.
