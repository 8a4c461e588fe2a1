%% SPDX-License-Identifier: BSD-3-Clause
-module(load_meck).
%% A module that is mocked meanwhile: its process has a state, and the module calls it.
-export([prepare/0, start/0, use/1]).

%% Callers would start it at the same time.
prepare() -> {ok, _} = cover:start().

start() ->
    Name = list_to_atom("load_mocked_" ++ pid_to_list(self())),
    catch meck:unload(Name),
    ok = meck:new(Name, [non_strict]),
    ok = meck:expect(Name, answer, fun() -> 42 end),
    Name.

use(Name) ->
    42 = Name:answer(),
    true = meck:num_calls(Name, answer, []) > 0,
    Name.
