%% SPDX-License-Identifier: BSD-3-Clause
%% A server with the name CHILDREN.
-module(MODULE).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).

start_link() ->
    gen_server:start_link({local, CHILDREN}, ?MODULE, [], []).

init([]) ->
    {ok, none}.

handle_call(vsn, _, State) ->
    {reply, {?VSN, ?VSN}, State}.

handle_cast(_, State) ->
    {noreply, State}.
