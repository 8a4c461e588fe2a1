%% SPDX-License-Identifier: BSD-3-Clause
-module(eglib_text).
-export([dress/1]).

%% What the service makes of a text.
dress(Text) -> Text.
