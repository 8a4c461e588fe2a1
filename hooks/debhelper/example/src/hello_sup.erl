%% SPDX-License-Identifier: BSD-3-Clause
-module(hello_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).
init([]) -> {ok, {#{}, [#{id => counter, start => {hello_counter, start_link, []}}]}}.
