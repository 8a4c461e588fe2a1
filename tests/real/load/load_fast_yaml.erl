%% SPDX-License-Identifier: BSD-3-Clause
-module(load_fast_yaml).
-export([start/0, use/1]).

start() -> none.

use(none) -> {ok, [[{<<"a">>, <<"b">>}]]} = fast_yaml:decode(<<"a: b">>), none.
