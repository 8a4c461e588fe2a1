%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Suspends the processes of some modules.
%%
%% All processes of one instruction are suspended at once, which has two traps:
%% - A process may be started in the old code after we listed its siblings. If one of the suspended
%%   supervisors has children by then that were not in the list, all are resumed, and it is tried again with
%%   the supervisors first.
%% - A process may be busy, or waiting in a call for one that is suspended already, so that it cannot take our
%%   request. The others do not wait for it longer than the pause allows: they are resumed until it has taken
%%   the request, and are suspended again after it. This is tried until the patience is over.
-module(erlrc_suspend).
-export([freeze/2, suspend/5, withdraw/1]).
-import(erlrc_call, [check_deadline/1, left/1, now_ms/0]).
-import(erlrc_census, [census/0, of_modules/2]).
-import(erlrc_conversion, [make_ready/2]).
-import(erlrc_journal, [journal/2, journal_of/1, recall/1, record/2]).
-import(erlrc_sys, [note_resumption/0, note_suspension/1, responses/2, resume/2, send_system/2,
                    states_are_tagged/1]).
-import(erlrc_text, [fail/2, processes/2]).
-import(erlrc_once, [postponed/3, skipped/3]).
-import(erlrc_outside, [concerned/3, newborn_outside/1]).
-import(erlrc_tree, [column/2, links/1, remember/2]).

%% Milliseconds in which all are suspended where none is busy.
-define(moment, 10).

%% Next: the step convert_processes to come, or none; it is made ready before any process waits
%% (erlrc_conversion).
suspend(Apps, Items, Next, Pause, C) ->
    %% The other half of the pause is for the conversion.
    suspend(Apps, Items, Next, C#{share := Pause div 2, until := until(Items, C)}, [], 0).

%% When it is tried no longer. An instruction may have a time limit of its own.
until(Items, #{patience := Patience, deadline := Deadline}) ->
    lists:max([Patience || Items =:= []]
              ++ [case Limit of Ms when is_integer(Ms) -> min(Deadline, now_ms() + Ms); _ -> Patience end
                  || {_, Limit} <- Items]).

%% Late: processes that took the request late and stay suspended from then on. A supervisor that does not name
%% its children may wait for one of them, so erlrc_tree may resume them.
suspend(Apps, Items, Next, #{suspended := Suspended} = C0, Late0, Round) ->
    check_deadline(C0),
    record(late, Late0),
    #{to_convert := Conversions, postponed := Earlier, until := Until} = C0,
    Modules = column(1, Items),
    Later = lists:append(Conversions) -- Modules,
    {Procs, Known, Childless} = concerned(Apps, Modules ++ Later, C0),
    Taken = record(late, []),
    %% There may be thousands, so library functions look at each.
    Own = [{Module, Each, maps:get(Module, Known, [])} || {Module, Each} <- Items],
    Found = lists:append(column(3, Own)),
    Postponed = lists:usort((Earlier -- column(1, Found)) ++ postponed(Modules, Later, Known)),
    C1 = (remember(Procs, C0))#{states_are_tagged := states_are_tagged(C0), postponed := Postponed,
                                skipped := skipped(Next, Postponed, Earlier)},
    Before = lists:append(maps:values(Suspended)),
    Parents = lists:usort([Parent || Parent <- lists:usort(column(2, Found)), is_pid(Parent)]
                          ++ lists:filter(fun erlang:is_process_alive/1, recall(foreign)) ++ Childless),
    Supervisors = lists:usort(Parents ++ [Pid || {Pid, _, _, supervisor, _} <- Found]) -- Before,
    Listed = maps:from_list([{Module, column(1, Alike)} || {Module, _, Alike} <- Own]),
    Key = {parents, Modules},
    Concerned = Supervisors ++ column(1, Found),
    Expected = maps:merge(Suspended, Listed),
    Ready = make_ready(Next, C1#{suspended := Expected}),
    note_asleep(Concerned),
    note_suspension(Concerned),
    Workers = lists:usort(lists:append(maps:values(Listed))) -- (Supervisors ++ Before),
    Reached = {Modules, Concerned ++ Before ++ Postponed},
    case at_once(Supervisors, Workers -- Taken, Taken, Procs, Reached, C1) of
        {late, Late} ->
            suspend(Apps, Items, Next, C1, await_late(Late, [], Until, C1), Round + 1);
        changing ->
            note_suspension(Concerned),
            {Frozen, Still} = freeze_all(Supervisors, [], Until, C1),
            case newborn(Frozen, Procs) of
                unknown when Round < 50 ->
                    pause_over(Frozen -- Still, C1),
                    suspend(Apps, Items, Next, C1, Still, Round + 1);
                unknown ->
                    fail("children are started faster than they can be listed", []);
                Newborn ->
                    {C, ByModule} = case Newborn of
                                        [] -> {C1, Listed};
                                        _ -> with_newborn(Newborn, C1, Listed)
                                    end,
                    All = lists:usort(lists:append(maps:values(ByModule))),
                    Others = All -- (Supervisors ++ Still ++ Before),
                    case freeze(Others, share(C)) of
                        {FrozenOthers, []} ->
                            Died = (Supervisors ++ Others) -- (Frozen ++ FrozenOthers),
                            Now = maps:merge(Suspended, maps:map(fun(_, Pids) -> Pids -- Died end, ByModule)),
                            C#{suspended := Now#{Key => Parents -- Died}, ready := none};
                        {FrozenOthers, Late} ->
                            pause_over(Frozen ++ FrozenOthers, C),
                            suspend(Apps, Items, Next, C, await_late(Late, Still, Until, C), Round + 1)
                    end
            end;
        done ->
            C1#{suspended := Expected#{Key => Parents}, ready := Ready}
    end.

%% done: no process is late, dies or is started meanwhile, so supervisors need not wait for the others. Taken
%% are suspended already. Otherwise all are resumed.
at_once(Supervisors, Workers, Taken, Procs, Listed, C) ->
    All = (Supervisors -- Taken) ++ Workers,
    Began = now_ms(),
    case freeze(All, share(C)) of
        {All, []} ->
            case {newborn(Supervisors, Procs), come_since(Began, Listed, C)} of
                {[], []} -> done;
                {[], _} -> pause_over(All ++ Taken, C), {late, []};
                _ -> pause_over(All ++ Taken, C), changing
            end;
        {Frozen, []} ->
            pause_over(Frozen ++ Taken, C),
            changing;
        {Frozen, Late} ->
            pause_over(Frozen ++ Taken, C),
            {late, Late}
    end.

%% The processes of the modules that have become that while others were waited for: handlers that were added
%% to event managers, processes under no supervisor. A moment is too short for that.
come_since(Began, {Modules, Listed}, C) ->
    case now_ms() - Began < ?moment of
        true -> [];
        false -> census(), lists:append(column(2, of_modules(Modules, C))) -- Listed
    end.

pause_over(Pids, C) ->
    wake(Pids, C),
    note_resumption().

%% Processes that were suspended before we came stay so: by others, or until this run has converted them
%% (erlrc_later).
wake(Pids, C) ->
    resume(Pids -- recall(asleep), C).

%% All of Pids, and those of the late ones that are still suspended. A supervisor may be starting a child that
%% waits for one of these.
freeze_all(Pids, Before, Until, C) ->
    case freeze(Pids, max(0, min(100, Until - now_ms()))) of
        {Frozen, []} ->
            {Frozen, Before};
        {Frozen, Late} ->
            wake(Frozen ++ Before, C),
            Taken = await_late(Late, [], Until, C),
            {Others, []} = freeze_all(Pids -- Taken, [], Until, C),
            {Taken ++ Others, []}
    end.

%% A process that does not take the request for a while may be waiting for one that is suspended, so those are
%% resumed.
await_late(Late, Before, Until, C) ->
    {Taken, Waiting} = await_frozen(Late, max(0, min(100, Until - now_ms()))),
    case Waiting =:= [] orelse now_ms() >= Until of
        true ->
            Waiting =:= [] orelse not_suspended(Waiting, C),
            Taken ++ Before;
        false ->
            wake(Taken ++ Before, C),
            await_late(Waiting, [], Until, C)
    end.

%% Asks all to suspend: {[Pid] that did, [{Ref, Pid}] that did not answer within Limit ms but may yet}.
%% Processes that died are in neither.
freeze([], _) ->
    {[], []};
freeze(Pids, Limit) ->
    Sent = send_system(Pids, lists:duplicate(length(Pids), suspend)),
    Replies = responses(Sent, erlang:monotonic_time(millisecond) + Limit),
    case lists:usort(Replies) of
        [{reply, ok}] ->
            journal(processes, {suspended, Pids}),
            {Pids, []};
        _ ->
            frozen(lists:zip(Sent, Pids), Replies)
    end.

await_frozen(Sent, Limit) ->
    {Refs, _} = lists:unzip(Sent),
    frozen(Sent, responses(Refs, erlang:monotonic_time(millisecond) + Limit)).

frozen(Sent, Replies) ->
    Frozen = [Pid || {{_, Pid}, {reply, ok}} <- lists:zip(Sent, Replies)],
    journal(processes, {suspended, Frozen}),
    {Frozen, [Request || {Request, timeout} <- lists:zip(Sent, Replies)]}.

%% Notes the processes that were suspended before: a rollback suspends them again.
note_asleep(Pids) ->
    Where = lists:zipwith(fun erlang:process_info/2, Pids, lists:duplicate(length(Pids), current_function)),
    case [Arity || {_, {sys, suspend_loop, Arity}} <- lists:usort(Where)] of
        [] ->
            ok;
        _ ->
            Asleep = [Pid || {Pid, {_, {sys, suspend_loop, _}}} <- lists:zip(Pids, Where), not is_ours(Pid)],
            record(asleep, Asleep ++ recall(asleep))
    end.

is_ours(Pid) ->
    lists:any(fun({suspended, Pids}) -> lists:member(Pid, Pids);
                 (_) -> false
              end, journal_of(processes)).

not_suspended(Waiting, C) ->
    withdraw(Waiting),
    fail("not suspended in time: ~ts", [processes([Pid || {_, Pid} <- Waiting], C)]).

%% A process that takes the request late finds that it was withdrawn.
withdraw(Waiting) ->
    lists:foreach(fun({Ref, Pid}) ->
                          demonitor(Ref, [flush]),
                          Pid ! {system, {self(), make_ref()}, resume}
                  end, Waiting).

%% Children of the suspended supervisors that were started after we listed their siblings. A supervisor is
%% linked to each of its children, so those are among the links that it had not yet before we asked it
%% (ask_children/2).
newborn(Supervisors, Procs) ->
    Links = recall(links),
    case [{Pid, Supervisor} || Supervisor <- Supervisors,
                               Pid <- links(Supervisor) -- maps:get(Supervisor, Links),
                               is_pid(Pid), not lists:keymember(Pid, 1, Procs), is_process_alive(Pid)] of
        [] -> [];
        Unlisted -> siblings(Unlisted, Procs)
    end.

%% The rows that the list should have had for these. The children of a simple_one_for_one supervisor are all
%% alike, so one that has a sibling in the list need not be listed again: there may be no moment in which none
%% is started.
siblings(Unlisted, Procs) ->
    Outside = recall(foreign),
    Foreign = [Child || {_, Supervisor} = Child <- Unlisted, lists:member(Supervisor, Outside)],
    case {like_siblings(Unlisted -- Foreign, Procs), newborn_outside(Foreign)} of
        {Known, Born} when is_list(Known), is_list(Born) -> Known ++ Born;
        _ -> unknown
    end.

like_siblings(Unlisted, Procs) ->
    Known = [{Pid, Supervisor, Id, Type, Modules}
             || {Pid, Supervisor} <- Unlisted,
                {_, _, undefined = Id, worker = Type, Modules} <- [lists:keyfind(Supervisor, 2, Procs)]],
    case length(Known) =:= length(Unlisted) of
        true -> Known;
        false -> unknown
    end.

with_newborn(Newborn, C, ByModule) ->
    {remember(Newborn, C),
     maps:map(fun(Module, Pids) ->
                      Pids ++ [Pid || {Pid, _, _, _, Modules} <- Newborn, lists:member(Module, Modules)]
              end, ByModule)}.

share(#{share := Share} = C) -> min(Share, left(C)).
