%% SPDX-License-Identifier: BSD-3-Clause
-module(eglib_text).
-export([dress/1]).

%% What the service makes of a text: capitals, since 4.1.0.
dress(Text) -> string:uppercase(Text).
