%% SPDX-License-Identifier: BSD-3-Clause
%% The same code in each version.
-module(MODULE).
-export([same/0]).

same() -> same.
