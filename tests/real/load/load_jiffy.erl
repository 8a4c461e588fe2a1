%% SPDX-License-Identifier: BSD-3-Clause
-module(load_jiffy).
-export([start/0, use/1]).

start() -> none.

use(none) -> {[{<<"a">>, [1, null]}]} = jiffy:decode(jiffy:encode({[{a, [1, null]}]})), none.
