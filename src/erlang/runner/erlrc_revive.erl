%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Processes that are inside a code_change that does not return. They are left alone until all else is rolled
%% back: only when the old code is loaded, a process can be started again in it.
-module(erlrc_revive).
-export([journal_stuck/1, note_stuck/3, resume_stuck/3, revive/3]).
-import(erlrc_call, [await/2, begin_call/3, bounded/4, now_ms/0]).
-import(erlrc_restart, [belongings/2, died_with/3, started/1]).
-import(erlrc_journal, [journal/2, recall/1, record/2, remark/2]).
-import(erlrc_kept, [fetched/2, send_back/2]).
-import(erlrc_sys, [ask/3, replace_state/3, replacements/1, resume/2]).
-import(erlrc_text, [process/2, short/1, short_name/1, text/2]).
-import(erlrc_undo_conversion, [convert_again/2]).

note_stuck(Pid, Snapshot, StepC) ->
    record(stuck, [{Pid, Snapshot, StepC} | recall(stuck)]),
    ok.

%% Waits for them as long as their steps could have, but not longer than Limit, and writes into the journal
%% what is to be done about each.
journal_stuck(Limit) ->
    Stuck = recall(stuck),
    Until = lists:max([now_ms() + 100 | [min(Deadline, Limit) || {_, _, #{deadline := Deadline}} <- Stuck]]),
    Requests = [{Pid, {debug, {statistics, get}}} || {Pid, _, _} <- Stuck],
    Replies = ask(Requests, infinity, #{deadline => Until}),
    lists:foreach(fun({{_, timeout}, {Pid, Snapshot, #{tree := Tree}}}) ->
                          journal(processes, {revive, Pid, Snapshot, Tree});
                     ({_, {Pid, Snapshot, _}}) ->
                          journal(processes, {returned, Pid, Snapshot})
                  end, lists:reverse(lists:zip(Replies, Stuck))).

%% The code_change has returned after all.
resume_stuck(Pid, Snapshot, C) ->
    Unset = case Snapshot of {_, State} -> replace_state(Pid, State, C); none -> [] end,
    Left = Unset ++ convert_again([Pid], C),
    resume([Pid], C),
    Left.

%% A worker that is stuck in code_change is started again in the old code by its supervisor, which is asked to
%% do so and not surprised by its death: that would count as a failure of the child, and might end its
%% siblings and the application. It gets the state it had, unless something that belonged to it died with it.
%% Others are not killed, because more would die with them: they find their old state in their mailbox when
%% they return.
revive(Pid, Snapshot, #{tree := Tree} = C) ->
    revive(Pid, Snapshot, maps:get(Pid, Tree, none), C).

revive(Pid, Kept, {_, Parent, Id, worker, _}, C) when is_pid(Parent) ->
    Name = short_name(Pid),
    Snapshot = case Kept of {_, State} -> {Pid, fetched(Pid, State)}; none -> none end,
    Belongings = belongings(Pid, Parent),
    case {start_again(Pid, Parent, Id, C), Snapshot} of
        {{error, Why}, _} ->
            [text("~ts: was stopped, because its code_change did not return, and not started again: ~ts",
                  [Name, short(Why)])];
        {{ok, New}, {_, Given}} ->
            case died_with(Pid, Given, Belongings) of
                {lost, What} ->
                    [text("~ts: was started afresh, because its code_change did not return; its state is not "
                          "put back, because ~ts died with it", [Name, What])];
                nothing ->
                    give_state(New, Given, Name, C)
            end;
        {{ok, _}, none} ->
            [text("~ts: was started afresh, because its code_change did not return", [Name])]
    end;
revive(Pid, Snapshot, _, C) ->
    case Snapshot of
        none -> ok;
        {_, {erlrc_kept, Key}} -> send_back(Pid, Key);
        {_, State} ->
            [{Pid, Request}] = replacements([{Pid, State}]),
            Pid ! {system, {self(), make_ref()}, Request}
    end,
    Pid ! {system, {self(), make_ref()}, resume},
    [text("~ts: its code_change has not returned; when it does, it continues as before", [process(Pid, C)])].

give_state(Pid, State, Name, C) ->
    case replace_state(Pid, State, C) of
        [] ->
            case ask([{Pid, get_state}], standard, C) of
                [{Pid, {reply, {ok, State}}}] ->
                    remark("~ts: its code_change did not return; it was started again with the state it had",
                           [Name]),
                    [];
                _ ->
                    [text("~ts: was started again, because its code_change did not return, but not with all "
                          "of its state", [Name])]
            end;
        Left ->
            Left
    end.

%% {ok, Pid} of the new process, or {error, Why}.
start_again(Pid, Parent, Id, C0) ->
    C = C0#{deadline => now_ms() + 10000},
    Child = case Id of undefined -> Pid; _ -> Id end,
    Specification = bounded(supervisor, get_childspec, [Parent, Child], C),
    Arguments = case ask([{Parent, get_state}], standard, C) of
                    [{Parent, {reply, {ok, State}}}] -> dynamic_arguments(Pid, State);
                    _ -> unknown
                end,
    Begun = begin_call(supervisor, terminate_child, [Parent, Child]),
    %% A process that traps exits dies by this: it cannot take the supervisor's signal where it is.
    receive after 20 -> exit(Pid, kill) end,
    _ = await(Begun, C),
    case {Id, Specification, Arguments} of
        {undefined, {ok, #{start := {_, _, First}}}, {ok, All}} ->
            started(bounded(supervisor, start_child, [Parent, lists:nthtail(length(First), All)], C));
        {undefined, _, _} ->
            {error, "its arguments are not known"};
        {_, {ok, #{restart := temporary} = Temporary}, _} ->
            started(bounded(supervisor, start_child, [Parent, Temporary], C));
        _ ->
            started(bounded(supervisor, restart_child, [Parent, Id], C))
    end.

%% The arguments of a child of a simple_one_for_one supervisor, as that stores them for the restart.
dynamic_arguments(Pid, State) when tuple_size(State) > 4 ->
    case element(5, State) of
        {maps, #{Pid := Arguments}} when is_list(Arguments) -> {ok, Arguments};  % others are temporary
        _ -> unknown
    end;
dynamic_arguments(_, _) ->
    unknown.
