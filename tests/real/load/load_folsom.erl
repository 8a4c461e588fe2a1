%% SPDX-License-Identifier: BSD-3-Clause
-module(load_folsom).
-export([prepare/0, start/0, use/1]).

prepare() ->
    ok = folsom_metrics:new_histogram(load_times),
    ok = folsom_metrics:new_meter(load_rate).

start() ->
    Name = {load, self()},
    catch folsom_metrics:new_counter(Name),
    {Name, folsom_metrics:get_metric_value(Name)}.

use({Name, Last}) ->
    ok = folsom_metrics:notify({Name, {inc, 1}}),
    Next = folsom_metrics:get_metric_value(Name),
    true = Next =:= Last + 1,
    ok = folsom_metrics:notify({load_times, Next}),
    ok = folsom_metrics:notify({load_rate, 1}),
    {Name, Next}.
