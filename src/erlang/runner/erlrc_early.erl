%% SPDX-License-Identifier: BSD-3-Clause
%%
%% New children, before those are resumed who may call them.
%%
%% The new code of a server may call a process that the new version of its supervisor starts. If that were
%% started after the server is resumed, requests that come at once would end it. So with the last
%% conversion of a plan, the supervisors whose init/1 has changed are resumed first, and start what is
%% certainly new. A child whose init/1 waits for a process that is suspended, or takes its time, is not
%% waited for: its start ends when all are resumed. An old child that has its name goes, and is stopped for it
%% as change_children stops others, which also starts again what failed.
-module(erlrc_early).
-export([start_new/2, stop_new/3, suspend_servers/2]).
-import(erlrc_call, [begin_call/3, bounded/4, now_ms/0]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_children, [starts/1, stop_child/3]).
-import(erlrc_journal, [journal/2, note_new_child/1, recall/1, record/2]).
-import(erlrc_supervisor, [children/1, has_children/1, states/2]).
-import(erlrc_suspend, [freeze/2, withdraw/1]).
-import(erlrc_sys, [is_idle/1, resume/2]).
-import(erlrc_tree, [column/2, is_suspended/1, links/1]).

%% Milliseconds, in all: more than nearly all need, even if the machine is busy, and less than clients notice.
-define(patience, 200).
%% Milliseconds that idle processes need.
-define(moment, 10).

%% With these, the servers of modules that are loaded without a conversion are suspended, those that are idle:
%% they would run the new code before the children are there.
suspend_servers(Modules, #{starts_children := true, children := [_ | _] = Noted} = C) ->
    #{suspended := Suspended, code := Code, to_convert := Conversions} = C,
    Now = lists:append(maps:values(Suspended)),
    Changed = [Pid || #{pid := Pid, how := changed} <- Noted, lists:member(Pid, Now)],
    case lists:append(Conversions) -- Modules of
        [] when Changed =/= [] ->
            Servers = lists:append(column(2, of_modules(maps:keys(Code) -- Modules, C))),
            {Frozen, Late} = freeze([Pid || Pid <- lists:usort(Servers) -- Now, is_idle(Pid)], ?moment),
            withdraw(Late),
            Key = {parents, Modules},
            C#{suspended := Suspended#{Key => Frozen ++ maps:get(Key, Suspended, [])}};
        _ ->
            C
    end;
suspend_servers(_, C) ->
    C.

%% Suspended: all that are about to be resumed. Returns [{Pid, State}] of those that were, as they were then.
start_new(Suspended, #{starts_children := true, to_convert := [], children := [_ | _] = Noted} = C) ->
    %% A supervisor that runs already may be busy, and the others would wait for it.
    Changed = [Row || #{pid := Pid, how := changed, state := State} = Row <- Noted, has_children(State),
                      lists:member(Pid, Suspended)],
    Now = states([Pid || #{pid := Pid} <- Changed], C),
    Had = [Start || #{state := State} <- Noted, has_children(State), {_, _, Start, _} <- children(State)],
    New = [{Pid, State, Ids} || {Row, {Pid, State}} <- lists:zip(Changed, Now), has_children(State),
                                Ids <- [new_ids(Row, State, Had)], Ids =/= []],
    resume(column(1, New), C),
    start_each([{Pid, Id} || {Pid, _, Ids} <- New, Id <- Ids], Noted, Suspended, now_ms() + ?patience, C),
    [{Pid, State} || {Pid, State, _} <- New];
start_new(_, _) ->
    [].

%% Not those that only have another id, or come from another supervisor.
new_ids(#{specs := Specs, state := Before}, State, Had) ->
    case starts(Specs) of
        unknown ->
            [];
        Old ->
            [Id || {Id, undefined, Start, _} <- children(State), not lists:keymember(Id, 1, Old),
                   not lists:keymember(Id, 1, children(Before)), not lists:member(Start, Had)]
    end.

start_each([], _, _, _, _) ->
    ok;
start_each([{Supervisor, Id} = Child | Others], Noted, Suspended, Until, C) ->
    journal(children, {child_started, Supervisor, Id}),
    Result = case start_within(Child, Suspended, Until) of
                 {error, {already_started, Pid}} ->
                     [stop_child(Supervisor, Old, C) || Old <- listed_once(Pid, Supervisor, Noted)],
                     start_within(Child, Suspended, Until);
                 Other ->
                     Other
             end,
    note_new_child(Result),
    Result =:= waits orelse start_each(Others, Noted, Suspended, Until, C).

%% The child that runs as this process, if init/1 of the old code has returned it. That of the new code cannot
%% return both.
listed_once(Pid, Supervisor, Noted) ->
    [Child || #{pid := Same, state := State, specs := Specs} <- Noted, Same =:= Supervisor,
              {Id, Running, _, _} = Child <- children(State), Running =:= Pid,
              lists:keymember(Id, 1, starts(Specs))].

%% What supervisor:restart_child/2 returns, or waits.
start_within({Supervisor, Id}, Suspended, Until) ->
    Known = links(Supervisor),
    {_, Caller, _} = begin_call(supervisor, restart_child, [Supervisor, Id]),
    await_start(Caller, {Supervisor, Known}, Suspended, Until).

await_start({Pid, Monitor} = Caller, {Supervisor, Known} = From, Suspended, Until) ->
    receive
        {'DOWN', Monitor, process, Pid, {_, return, Result}} -> Result;
        {'DOWN', Monitor, process, Pid, _} -> failed
    after 2 ->
        case now_ms() >= Until orelse waits_for(links(Supervisor) -- Known, Suspended) of
            true ->
                demonitor(Monitor, [flush]),
                exit(Pid, kill),
                waits;
            false ->
                await_start(Caller, From, Suspended, Until)
        end
    end.

%% Whether one of these waits for the answer of one that is suspended.
waits_for(Pids, Suspended) ->
    lists:any(fun(Pid) -> {monitors, Monitors} = monitors(Pid),
                          lists:any(fun({process, Other}) -> lists:member(Other, Suspended);
                                       (_) -> false
                                    end, Monitors)
              end, lists:filter(fun erlang:is_pid/1, Pids)).

monitors(Pid) ->
    case process_info(Pid, monitors) of
        undefined -> {monitors, []};
        Monitors -> Monitors
    end.

%% For the undo: what supervisor:terminate_child/2 returns, or ok. A supervisor may be suspended again.
stop_new(Supervisor, Id, C) ->
    Journal = recall(journal),
    Asleep = [Supervisor || is_process_alive(Supervisor), is_suspended(Supervisor)],
    resume(Asleep, C),
    Result = case is_process_alive(Supervisor) of
                 true -> bounded(supervisor, terminate_child, [Supervisor, Id], C);
                 false -> ok
             end,
    {_, Late} = freeze(Asleep, 1000),
    withdraw(Late),
    record(journal, Journal),
    Result.
