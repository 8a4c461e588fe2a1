%% SPDX-License-Identifier: BSD-3-Clause
%% Calls the server CHILDREN in its init/1.
-module(MODULE).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    {ok, gen_server:call(CHILDREN, vsn, infinity)}.

handle_call(_, _, State) ->
    {reply, State, State}.

handle_cast(_, State) ->
    {noreply, State}.
