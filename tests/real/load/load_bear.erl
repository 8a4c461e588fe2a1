%% SPDX-License-Identifier: BSD-3-Clause
-module(load_bear).
-export([start/0, use/1]).

start() -> lists:seq(1, 20).

use(Values) -> 20 = proplists:get_value(max, bear:get_statistics(Values)), Values.
