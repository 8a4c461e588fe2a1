%% SPDX-License-Identifier: BSD-3-Clause
%% Its callbacks need nothing of the tests.
-module(MODULE).
-behaviour(application).
-export([start/2, stop/1]).

start(_, _) -> APP_sup:start_link().
stop(_) -> ok.
