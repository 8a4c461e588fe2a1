%% SPDX-License-Identifier: BSD-3-Clause
-module(load_iconv).
-export([start/0, use/1]).

start() -> none.

use(none) -> <<16#c3, 16#bc>> = iconv:convert(<<"latin1">>, <<"utf-8">>, <<16#fc>>), none.
