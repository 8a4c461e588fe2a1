%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_gone).
-ifndef(V2).
-export([old/1]).
old(N) -> {old, N}.
-endif.
