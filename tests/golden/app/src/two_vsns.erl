%% SPDX-License-Identifier: BSD-3-Clause
-module(two_vsns).
-vsn(one).
-vsn({2, "two"}).
-export([f/0]).

f() -> ?MODULE:f().
