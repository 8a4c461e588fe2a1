%% SPDX-License-Identifier: BSD-3-Clause
-module(load_neotoma).
-export([start/0, use/1]).

start() -> "rule <- 'a' 'b';".

use(Grammar) ->
    Parsed = neotoma_parse:parse(Grammar),
    true = not is_tuple(Parsed) orelse fail =/= element(1, Parsed),
    Grammar.
