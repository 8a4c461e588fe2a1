%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).
-ifdef(V2).
-export([sup_upgrade_notify/2, sup_downgrade_notify/2]).
-endif.

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).

child(Module) -> #{id => Module, start => {Module, start_link, []}, modules => [Module]}.

-ifndef(V2).
init([]) ->
    Event = #{id => egerl_event, start => {egerl_event, start_link, []}, modules => dynamic},
    {ok, {#{}, [Event | [child(M) || M <- [egerl_srv, egerl_fsm, egerl_proc, egerl_bare]]]}}.
-else.
init([]) ->
    Event = #{id => egerl_event, start => {egerl_event, start_link, []}, modules => dynamic},
    {ok, {#{}, [Event | [child(M) || M <- [egerl_srv, egerl_fsm, egerl_proc, egerl_bare, egerl_new]]]}}.
sup_upgrade_notify("1", "2") -> {ok, _} = supervisor:restart_child(?MODULE, egerl_new).
sup_downgrade_notify("1", "2") ->
    ok = supervisor:terminate_child(?MODULE, egerl_new),
    ok = supervisor:delete_child(?MODULE, egerl_new).
-endif.
