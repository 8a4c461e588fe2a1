%% SPDX-License-Identifier: BSD-3-Clause
-module(one_vsn).
-vsn({1, [one]}).
-export([f/0]).

f() -> fun ?MODULE:f/0.
