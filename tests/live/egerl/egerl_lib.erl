%% SPDX-License-Identifier: BSD-3-Clause
%% The servers of both versions need a function that the other version does not have.
-module(egerl_lib).

-ifndef(V2).
-export([old/1]).
old(N) -> egerl_gone:old(N).
-else.
-export([new/1]).
new(N) -> {new, N}.
-endif.
