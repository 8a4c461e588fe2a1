%% SPDX-License-Identifier: BSD-3-Clause
-module(load_getopt).
-export([start/0, use/1]).

start() -> [{level, $l, "level", integer, "the level"}].

use(Options) -> {ok, {[{level, 3}], ["file"]}} = getopt:parse(Options, "--level=3 file"), Options.
