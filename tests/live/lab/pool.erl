%% SPDX-License-Identifier: BSD-3-Clause
-module(MODULE).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    {ok, {#{strategy => simple_one_for_one, intensity => 0, period => 1}, CHILDREN}}.
