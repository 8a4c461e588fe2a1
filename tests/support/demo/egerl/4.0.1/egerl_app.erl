%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_app).
-behaviour(application).
-export([start/2, stop/1]).

start(_Type, _Args) -> egerl_sup:start_link().

stop(_State) -> ok.
