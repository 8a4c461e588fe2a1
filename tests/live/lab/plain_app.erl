%% SPDX-License-Identifier: BSD-3-Clause
%% Its callbacks do not call lab, the test's module on the node.
-module(MODULE).
-behaviour(application).
-export([start/2, stop/1]).

start(_, _) -> APP_sup:start_link().
stop(_) -> ok.
