%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Steps that suspend, convert and resume processes, and the check of processes that nothing converts
%% (include/erlrc/plan/process_steps.hpp).
-module(erlrc_process_steps).
-export([process_step/3]).
-import(erlrc_change, [change_all/4]).
-import(erlrc_code, [running_vsn/2, users_of_old_code/1]).
-import(erlrc_census, [census/0, of_modules/2]).
-import(erlrc_conversion, [ready/2, ready_states/2]).
-import(erlrc_early, [start_new/2, suspend_servers/2]).
-import(erlrc_earlier, [changed_rows/1, unfit_rows/1]).
-import(erlrc_explain, [explain_modules/3]).
-import(erlrc_init, [check_converted/2]).
-import(erlrc_journal, [journal/2, recall/1, record/2]).
-import(erlrc_late, [undo_waking/2]).
-import(erlrc_later, [resume_waiting/2]).
-import(erlrc_machines, [ask_modes/2, check_machines/2, noted_modes/3]).
-import(erlrc_otp, [declared/3]).
-import(erlrc_outside, [concerned_then/4]).
-import(erlrc_process_data, [put_back_data/2, saved_data/1]).
-import(erlrc_record, [changed_records/1, check_records/4, defined/2, redefined/1]).
-import(erlrc_revive, [note_stuck/3, resume_stuck/3, revive/3]).
-import(erlrc_rows, [note_rows/4]).
-import(erlrc_states, [check_awaited/2, check_converted_records/2, check_converted_states/2,
                       check_kept_states/2, check_redefined/3, check_unconverted_states/4]).
-import(erlrc_stranded, [check_stranded/5, name_loggers/1]).
-import(erlrc_suspend, [suspend/5]).
-import(erlrc_sys, [check_resumed/2, failures/1, note_resumption/0, resume_with_states/3]).
-import(erlrc_text, [fail/2, process/2, processes/2, reply/1]).
-import(erlrc_tree, [column/2, remember/2]).
-import(erlrc_unserved, [check_callbacks/1, check_loops/1, holding_funs/3, lost_loops/4, staying/2,
                         unserved/4]).
-import(erlrc_undo_conversion, [again/1, undo_conversion/4]).
-import(erlrc_undo_suspension, [undo_resumption/4, undo_suspension/2]).

process_step(do, {suspend_processes, Apps, Items, Next, Pause}, #{apps := Known, vsns := Vsns} = C) ->
    Running = maps:from_list([{Module, running_vsn(Module, C)} || {Module, _} <- Items]),
    %% Rather now than while they wait.
    erlang:garbage_collect(self(), [{type, minor}]),
    suspend_servers(column(1, Items),
                    suspend(Apps, Items, Next, Pause,
                            C#{apps := lists:usort(Apps ++ Known), vsns := maps:merge(Vsns, Running)}));
process_step(undo, {suspended, Pids}, C) ->
    undo_suspension(Pids, C);

process_step(do, {save_process_data, Modules}, #{suspended := Suspended} = C) ->
    Pids = lists:append(maps:values(maps:with(Modules, Suspended))),
    journal(processes, {saved_process_data, saved_data(lists:usort(Pids))}),
    C;
process_step(undo, {saved_process_data, Saved}, C) ->
    put_back_data(Saved, C);

process_step(do, {convert_processes, Mode, _} = Step,
             #{converted := Converted, to_convert := Next, children := Noted, modes := Modes} = C) ->
    {_, Items, Jobs, Concerned, Requests, _, _} = Ready = ready(Step, C),
    Modules = column(1, Jobs),
    Before = case ready_states(Ready, C) of
                 {States, []} -> States;
                 {_, Silent} -> fail("cannot save the process state for rollback: ~ts",
                                     [processes([Pid || {Pid, _} <- Silent], C)])
             end,
    journal(processes, {convert_processes, Mode, Items, Jobs, Before}),
    case failures(change_all(Mode, Modules, {Concerned, Requests}, C)) of
        [] ->
            Noted =:= [] orelse check_converted(Concerned, C),
            check_converted_states(lists:usort(Concerned), C),
            check_kept_states(Before, C),
            check_converted_records(lists:usort(Concerned), C),
            check_awaited(lists:usort(Concerned), C),
            check_machines(lists:usort(Concerned), C),
            C#{converted := maps:merge(Converted, maps:from_list(Before)), ready := none,
               modes := noted_modes(Mode, Jobs, C) ++ Modes,
               to_convert := lists:nthtail(min(1, length(Next)), Next)};
        Failures ->
            [journal(processes, {stuck, Pid, proplists:lookup(Pid, Before), C})
             || {Pid, timeout} <- Failures],
            fail("code_change failed: ~ts", [lists:join("; ", [[process(Pid, C), ": ", reply(Reply)]
                                                               || {Pid, Reply} <- Failures])])
    end;
process_step(undo, {woken, Pids, States, Supervisors, Known, Modules}, C) ->
    undo_waking({Pids, States, Supervisors, Known, Modules}, C);
process_step(undo, {convert_processes, Mode, Items, Jobs, Before}, C) ->
    undo_conversion({Mode, Items}, Jobs, Before, C);
%% Inside a code_change that does not return. Only when the old code is back the process can be started again
%% in that.
process_step(undo, {stuck, Pid, Snapshot, StepC}, _) ->
    note_stuck(Pid, Snapshot, StepC);
process_step(undo, {returned, Pid, Snapshot}, C) ->
    resume_stuck(Pid, Snapshot, C);
process_step(undo, {revive, Pid, Snapshot, Tree}, C) ->
    revive(Pid, Snapshot, C#{tree := Tree});

process_step(do, {resume_processes, Modules}, C0) ->
    #{suspended := Suspended, postponed := Postponed, converted := Converted, apps := Apps} = C0,
    Left = maps:without(Modules, Suspended),
    Stay = case lists:filter(fun erlang:is_atom/1, maps:keys(Left)) of
               [] -> #{};
               _ -> maps:without(parents_done(Left), Left)
           end,
    Pids = lists:usort(lists:append(maps:values(Suspended))) -- lists:append([Postponed | maps:values(Stay)]),
    C = ask_modes(Pids, C0),
    Early = case maps:size(Stay) of 0 -> start_new(Pids, C); _ -> [] end,
    Others = Pids -- column(1, Early),
    {States, Replies} = resume_with_states(Others, maps:keys(maps:with(Others, Converted)), C),
    journal(processes, {resume_processes, Pids, Early ++ States, Apps, Modules}),
    check_resumed(Replies, C),
    maps:size(Stay) =:= 0 andalso Postponed =:= [] andalso note_resumption(),
    C#{suspended := case Postponed of
                        [] -> maps:remove({postponed}, Stay);
                        _ -> Stay#{{postponed} => Postponed}
                    end};
process_step(undo, {asked_modes, Jobs}, _) ->
    again(Jobs);
process_step(undo, {waiting, Pids}, C) ->
    resume_waiting(Pids, C);
process_step(undo, {resume_processes, Pids, States, Apps, Modules}, C) ->
    undo_resumption({Pids, States}, Apps, Modules, C);

process_step(do, {check_stranded, Apps, Changing, Converted, Handling, Policy, Records, Engine,
              Killing, Awaits, Passing, Losing, Modes, LostExports},
             #{to_kill := ToKill, to_purge := ToPurge, code := Code, may_stop := MayStop,
               calls_hooks := CallsHooks, removed := Removed} = C) ->
    record(awaits, maps:from_list(Awaits)),
    %% First these: what is started after that will be found when its module is suspended.
    Unborn = census(),
    Seen = recall(kinds),
    {Procs, Known, _} = case Engine of
                            erlrc -> concerned_then(Unborn, Apps, Converted, C);
                            otp -> declared(Apps, Converted, C)
                        end,
    Reached = column(1, lists:append(maps:values(maps:with(Converted, Known)))),
    Defined = defined(Changing, C),
    %% A code_change that passes a state on converts nothing in it.
    Changed = column(1, lists:append(maps:values(maps:with(Converted -- Passing, Known)))),
    ChangedRecords = changed_records(Defined),
    check_records(ChangedRecords, Changed, Records, C),
    Redefined = redefined(Defined),
    check_redefined([Row || {Module, _} = Row <- Redefined,
                            not lists:member(Module, Converted -- Passing)], Records, C),
    Unreached = [Module || Module <- Converted, maps:get(Module, Known, []) =:= []],
    Doomed = lists:append(column(2, users_of_old_code(ToKill ++ ToPurge))),
    check_stranded({Seen, Doomed ++ Reached}, {Changing, Unreached, Killing}, Handling, Policy,
                   remember(Procs, C)),
    Lost = lost_loops(Seen, [Row || {Module, _, _} = Row <- Losing, not lists:member(Module, Killing)],
                      Doomed ++ Reached, C),
    Checked = C#{reached := Reached, redefined := {Redefined, Records}, stranded := Policy,
                 unserved := [{Module, mode, Pids} || {Module, Pids} <- of_modules(Modes, C)]
                     ++ unserved(lists:usort(maps:keys(Code) ++ Removed), Converted, Passing, C)
                     ++ holding_funs(LostExports, column(1, Procs) -- Changed, C),
                 lost_loops := Lost, records := {ChangedRecords, Records}},
    name_loggers(Removed),
    MayStop orelse check_callbacks(Checked#{unserved := staying(maps:get(unserved, Checked), C)}),
    %% A supervisor that changes may stop its children. No plan stops other processes, unless it calls what
    %% may do that.
    Kept = case MayStop of true -> column(1, Procs); false -> [] end,
    CallsHooks orelse check_loops(Checked#{lost_loops := [{Module, Calls, Pids -- Kept}
                                                          || {Module, Calls, Pids} <- staying(Lost, C)]}),
    note_rows(changed_rows(Defined), Records, CallsHooks orelse Converted -- Passing =/= [], Checked);

process_step(do, {explain_modules, Apps, Items, Awaits}, C) ->
    record(awaits, maps:from_list(Awaits)),
    explain_modules(Apps, Items, C),
    C;

process_step(do, {check_states, Unfit, Converted, Policy}, C) ->
    check_unconverted_states(Unfit, Converted, Policy, C),
    note_rows(unfit_rows(Unfit), Policy, false, C#{unfit := {Unfit, Policy}}).

%% The supervisors that were suspended along with the processes of some modules are resumed with the last of
%% those.
parents_done(Left) ->
    [Parents || {parents, Modules} = Parents <- maps:keys(Left),
                [M || M <- Modules, is_map_key(M, Left)] =:= []].
