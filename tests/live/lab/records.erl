%% SPDX-License-Identifier: BSD-3-Clause
%% Records of three kinds: one that gets another field, one that stays, and a state, which every module may have.
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
