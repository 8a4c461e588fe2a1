%% SPDX-License-Identifier: BSD-3-Clause
-module(load_et).
%% A collector of events, which is a server.
-export([start/0, use/1]).

start() ->
    {ok, Collector} = et_collector:start_link([]),
    Collector.

use(Collector) ->
    {ok, _} = et_collector:report_event(Collector, 80, a, b, load, []),
    true = et_collector:get_table_size(Collector) > 0,
    Collector.
