%% SPDX-License-Identifier: BSD-3-Clause
-module(load_jsx).
%% Decodes a text that comes in two parts, too.
-export([start/0, use/1]).

start() -> {incomplete, More} = jsx:decode(<<"[1,">>, [stream]), More.

use(More) ->
    <<"{\"a\":1}">> = jsx:encode([{<<"a">>, 1}]),
    {incomplete, Last} = More(<<"2]">>),
    [1, 2] = Last(end_stream),
    More.
