%% SPDX-License-Identifier: BSD-3-Clause
%% A list of one that is a string.
-module(short_vsn).
-vsn("7").
-export([f/0]).

f() -> ok.
