%% SPDX-License-Identifier: BSD-3-Clause
-module(load_mqtree).
-export([start/0, use/1]).

start() ->
    Tree = mqtree:new(),
    ok = mqtree:insert(Tree, <<"a/b">>),
    Tree.

use(Tree) -> [<<"a/b">>] = mqtree:match(Tree, <<"a/b">>), Tree.
