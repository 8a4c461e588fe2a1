%% SPDX-License-Identifier: BSD-3-Clause
-module(eglib_app).
-behaviour(application).
-export([start/2, stop/1]).

start(_Type, _Args) -> eglib_sup:start_link().

stop(_State) -> ok.
