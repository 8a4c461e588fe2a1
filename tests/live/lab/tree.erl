%% SPDX-License-Identifier: BSD-3-Clause
%% A supervisor whose init/1 may be called at any time.
-module(MODULE).
-behaviour(supervisor).
-vsn(?VSN).
-export([start_link/0, vsn/0, init/1]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

vsn() -> ?VSN.

init([]) ->
    {ok, {#{intensity => 1, period => 5}, CHILDREN}}.
