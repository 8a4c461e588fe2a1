%% SPDX-License-Identifier: BSD-3-Clause
-module(load_luerl).
%% A state of the interpreter that is older than the new code.
-export([start/0, use/1]).

start() -> {_, State} = run("n = 0; function add(m) n = n + m; return n end", luerl:init()), State.

run(Text, State) ->
    case luerl:do(Text, State) of
        {ok, Result, Next} -> {Result, Next};
        {Result, Next} -> {Result, Next}
    end.

use(State) ->
    {[N], Next} = run("return add(1)", State),
    true = N >= 1,
    Next.
