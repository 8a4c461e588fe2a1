%% SPDX-License-Identifier: BSD-3-Clause
%% A supervisor whose init/1 cannot be called twice.
-module(MODULE).
-behaviour(supervisor).
-vsn(?VSN).
-export([start_link/0, init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    ets:new(MODULE_table, [named_table, public]),
    {ok, {#{intensity => 1, period => 5}, CHILDREN}}.
