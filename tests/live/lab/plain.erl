%% SPDX-License-Identifier: BSD-3-Clause
-module(MODULE).
-vsn(?VSN).
-export([vsn/0]).

vsn() -> ?VSN.
