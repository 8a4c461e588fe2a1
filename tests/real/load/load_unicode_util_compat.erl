%% SPDX-License-Identifier: BSD-3-Clause
-module(load_unicode_util_compat).
-export([start/0, use/1]).

start() -> "A\x{308}bc".

use(Text) -> [[$A, 16#308], $b, $c] = string_compat:to_graphemes(Text), Text.
