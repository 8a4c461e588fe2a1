%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The undo of suspending and of resuming processes. The undo goes from the newest entry to the oldest:
%% processes that were resumed are suspended again, have their states put back, and are resumed by the undo of
%% the first suspending.
-module(erlrc_undo_suspension).
-export([undo_resumption/4, undo_suspension/2]).
-import(erlrc_children, [drop_children/3, unknown_ids/3]).
-import(erlrc_journal, [journal_of/1, recall/1, record/2]).
-import(erlrc_suspend, [freeze/2, suspend/5, withdraw/1]).
-import(erlrc_call, [limit/2, now_ms/0]).
-import(erlrc_sys, [resume/2]).
-import(erlrc_text, [text/2]).
-import(erlrc_tree, [is_event_manager/1, is_supervisor/1, is_suspended/1]).
-import(erlrc_undo_conversion, [convert_again/2]).

undo_suspension(Suspended, C) ->
    Stuck = [Pid || {Pid, _, _} <- recall(stuck)],
    Pids = lists:usort(Suspended ++ [Pid || {Pid, _} <- record(newborn, [])]),
    Added = [{Pid, Ids, Known} || {Pid, Jobs} <- maps:to_list(maps:with(Pids, recall(again))),
                                  {_, _, _, {init, Ids, Known}} <- Jobs],
    Left = convert_again(Pids -- Stuck, C),
    Left ++ try resume(Pids -- (Stuck ++ recall(asleep)), C), [] catch throw:{fail, Why} -> [Why] end
        ++ lists:append([drop_children(Pid, Ids ++ unknown_ids(Pid, Known, C), C)
                         || {Pid, Ids, Known} <- Added]).

%% Pids were resumed, with States; others of the same modules may have been started since then, by the new
%% code, and are as much concerned.
undo_resumption({Pids, States}, Apps, Modules, C) ->
    Journal = recall(journal),
    Before = suspended(),
    %% Supervisors that are suspended at this moment could not name their children, nor event managers their
    %% handlers.
    Asleep = [Pid || Pid <- Before, is_suspended(Pid), is_supervisor(Pid) orelse is_event_manager(Pid)],
    resume(Asleep, C),
    record(resumed, States ++ recall(resumed)),
    Patient = C#{patience := now_ms() + limit(standard, C)},
    Left = try suspend(Apps, [{Module, standard} || Module <- Modules], none, 500, Patient) of
               #{suspended := Suspended} ->
                   New = [{Pid, Module} || Module <- Modules, Pid <- maps:get(Module, Suspended) -- Pids],
                   %% Supervisors that were not there when the step was done.
                   record(newborn, [{Pid, none} || Pid <- suspended() -- Before] ++ New ++ recall(newborn)),
                   {_, Waiting} = freeze(Pids -- lists:append(maps:values(Suspended)), 1000),
                   withdraw(Waiting),
                   []
           catch
               throw:{fail, Why} ->
                   {_, Waiting} = freeze(Pids, 1000),
                   withdraw(Waiting),
                   [["for the undo: ", Why]]
           end,
    {_, Late} = freeze(Asleep, 1000),
    withdraw(Late),
    record(journal, Journal),
    [text("~ts", [Text]) || Text <- Left].

suspended() ->
    lists:usort([Pid || {suspended, Pids} <- journal_of(processes), Pid <- Pids]).
