%% SPDX-License-Identifier: BSD-3-Clause
%% Three records: one that gets another field, one that does not change, and `state`, a name that every module
%% may use for its own record.
-module(MODULE).
-vsn(?VSN).
-compile(debug_info).
-export([sample/0, other/0, state/0]).

-record(other, {a, b}).
-if(?VSN =:= "1.0.0").
-record(sample, {id, value}).
-record(state, {id, value}).
-else.
-record(sample, {id, value, unit}).
-record(state, {id, value, unit}).
-endif.

sample() -> #sample{id = 1}.
other() -> #other{a = 1}.
state() -> #state{id = 1}.
