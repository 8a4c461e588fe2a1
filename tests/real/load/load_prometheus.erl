%% SPDX-License-Identifier: BSD-3-Clause
-module(load_prometheus).
-export([prepare/0, start/0, use/1]).

prepare() -> prometheus_counter:declare([{name, load}, {help, "requests"}, {labels, [caller]}]).

start() -> {pid_to_list(self()), 0}.

use({Label, _} = Made) ->
    Before = value(Label),
    ok = prometheus_counter:inc(load, [Label]),
    Now = value(Label),
    true = Now > Before,
    <<_/binary>> = prometheus_text_format:format(),
    Made.

value(Label) ->
    case prometheus_counter:value(load, [Label]) of
        undefined -> 0;
        N -> N
    end.
