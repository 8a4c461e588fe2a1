%% SPDX-License-Identifier: BSD-3-Clause
%% A supervisor without a version of its own, which asks another module for its children.
-module(MODULE).
-behaviour(supervisor).
-compile(debug_info).
-export([start_link/0, init/1, sup_upgrade_notify/2, sup_downgrade_notify/2]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    {ok, {#{}, [#{id => Name, start => {APP_worker, start_link, [Name]}} || Name <- APP_config:names()]}}.

sup_upgrade_notify(Earlier, Later) ->
    lab:record({sup_upgrade_notify, ?MODULE, Earlier, Later}).

sup_downgrade_notify(Earlier, Later) ->
    lab:record({sup_downgrade_notify, ?MODULE, Earlier, Later}).
