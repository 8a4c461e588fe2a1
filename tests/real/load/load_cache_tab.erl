%% SPDX-License-Identifier: BSD-3-Clause
-module(load_cache_tab).
%% A cache that belongs to a caller, and its counters.
-export([start/0, use/1]).

start() ->
    Name = list_to_atom("load_cache_" ++ pid_to_list(self())),
    ets_cache:new(Name),
    Name.

use(Name) -> {ok, 1} = ets_cache:lookup(Name, 1, fun() -> {ok, 1} end), Name.
