%% SPDX-License-Identifier: BSD-3-Clause
-module(MODULE).
-behaviour(supervisor).
-vsn(?VSN).
-export([start_link/0, init/1, sup_upgrade_notify/2, sup_downgrade_notify/2]).

start_link() ->
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    lab:record({init, ?MODULE, ?VSN}),
    case lab:act(init, ?MODULE) of
        ok -> {ok, {#{intensity => 1, period => 5}, CHILDREN}};
        {answer, Answer} -> Answer
    end.

sup_upgrade_notify(Earlier, Later) ->
    lab:record({sup_upgrade_notify, ?MODULE, Earlier, Later}),
    lab:act(sup_upgrade_notify, ?MODULE).

sup_downgrade_notify(Earlier, Later) ->
    lab:record({sup_downgrade_notify, ?MODULE, Earlier, Later}),
    lab:act(sup_downgrade_notify, ?MODULE).
