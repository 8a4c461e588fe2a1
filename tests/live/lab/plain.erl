%% SPDX-License-Identifier: BSD-3-Clause
-module(MODULE).
-vsn(?VSN).
-export([vsn/0, linger/0, made/0]).

vsn() -> ?VSN.

%% Keeps running the code that it began in.
linger() ->
    receive stop -> ok end.

made() ->
    fun() -> ?VSN end.
