%% SPDX-License-Identifier: BSD-3-Clause
-module(eglib_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    {ok, {#{strategy => one_for_one}, [#{id => eglib_serial, start => {eglib_serial, start_link, []}}]}}.
