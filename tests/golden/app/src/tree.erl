%% SPDX-License-Identifier: BSD-3-Clause
-module(tree).
-behaviour(supervisor).
-export([init/1, sup_upgrade_notify/2]).

init([]) -> {ok, {#{}, []}}.
sup_upgrade_notify(_, _) -> ok.
