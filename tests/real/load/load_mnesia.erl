%% SPDX-License-Identifier: BSD-3-Clause
-module(load_mnesia).
%% Transactions on a table that is in memory only.
-export([prepare/0, start/0, use/1]).

prepare() -> {atomic, ok} = mnesia:create_table(load, []).

start() -> {self(), value(self())}.

value(Key) ->
    case mnesia:dirty_read(load, Key) of
        [{load, Key, N}] -> N;
        [] -> 0
    end.

use({Key, Last}) ->
    Next = Last + 1,
    {atomic, ok} = mnesia:transaction(fun() -> mnesia:write({load, Key, Next}) end),
    Next = value(Key),
    {Key, Next}.
