%% SPDX-License-Identifier: BSD-3-Clause
-module(load_stdout_formatter).
-export([start/0, use/1]).

start() -> "text".

use(Text) -> "text" = lists:flatten(stdout_formatter:to_string(Text)), Text.
