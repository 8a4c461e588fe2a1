%% SPDX-License-Identifier: BSD-3-Clause
-module(holder).
-export([read/1]).
-record(r, {a, b, c}).

-ifdef(UPDATES).
read(R) -> R#r{a = 1, b = 2}.
-else.
read(R) -> R#r.b.
-endif.
