%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Pauses an upgrade at a place of its script, for scripts/faults, and shows what a node runs.
-module(fault_pause).
-export([at/1, pause/1, is_paused/0, release/0, running/1, flood/2, spin/0, stop_spinning/0]).

%% Called by the script.
at(Place) ->
    case persistent_term:get(fault_pause, none) of
        Place -> register(fault_paused, self()), receive go -> ok end;
        _ -> ok
    end.

pause(Place) -> persistent_term:put(fault_pause, Place).
is_paused() -> whereis(fault_paused) =/= undefined.

release() ->
    persistent_term:put(fault_pause, none),
    is_paused() andalso (fault_paused ! go),
    ok.

%% The versions that the application has in the node, of its description, code and states: one if all is well.
running(Modules) ->
    wait_for_end(),
    {ok, Vsn} = application:get_key(faulty, vsn),
    Code = [element(1, M:entry(0)) || M <- Modules],
    States = [element(1, sys:get_state(P, 60000)) || P <- workers()],
    lists:usort([Vsn] ++ Code ++ States).

wait_for_end() ->
    case whereis(erlrc_runner) of
        undefined -> ok;
        _ -> timer:sleep(20), wait_for_end()
    end.

workers() ->
    {Top, _} = application_master:get_child(hd([M || {faulty, M} <- proplists:get_value(running, application:info())])),
    [P || {_, P, worker, _} <- supervisor:which_children(Top)].

flood(Name, Count) ->
    ok = sys:suspend(Name, 60000),
    lists:foreach(fun(N) -> gen_server:cast(Name, N) end, lists:seq(1, Count)),
    sys:resume(Name, infinity).

%% Twice as many busy processes as schedulers.
spin() ->
    Pids = [spawn(fun Loop() -> lists:seq(1, 1000), Loop() end)
            || _ <- lists:seq(1, 2 * erlang:system_info(schedulers_online))],
    persistent_term:put(fault_spinning, Pids).

stop_spinning() -> [exit(P, kill) || P <- persistent_term:get(fault_spinning, [])], ok.
