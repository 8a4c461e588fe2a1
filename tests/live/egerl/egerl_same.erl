%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_same).
-export([f/0]).
f() -> same.
