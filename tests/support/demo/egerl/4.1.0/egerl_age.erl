%% SPDX-License-Identifier: BSD-3-Clause
%% New in 4.1.0: how old a connection is.
-module(egerl_age).
-export([answer/3]).

answer(Born, undefined, _Now) -> ["age ", Born, " first request"];
answer(Born, Before, Now) -> ["age ", Born, " idle ", integer_to_list(Now - Before), " ms"].
