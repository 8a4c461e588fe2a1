%% SPDX-License-Identifier: BSD-3-Clause
%% The same in all versions; it looks for its application by its own file.
-module(MODULE).
-export([dir/0]).

dir() ->
    filename:basename(filename:dirname(filename:dirname(code:which(?MODULE)))).
