%% SPDX-License-Identifier: BSD-3-Clause
%% A module that runs its own code when it is loaded.
-module(MODULE).
-vsn(?VSN).
-on_load(loaded/0).
-export([vsn/0]).

loaded() ->
    lab:act({on_load, ?VSN}, ?MODULE).

vsn() -> ?VSN.
