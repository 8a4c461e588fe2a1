%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Steps that stop and start children of supervisors (include/erlrc/plan/child_steps.hpp).
-module(erlrc_child_steps).
-export([child_step/3]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_children, [change_children/2, reset/2, start_stopped/4]).
-import(erlrc_early, [stop_new/3]).
-import(erlrc_foresee, [foresee_children/2]).
-import(erlrc_init, [note_children/4]).
-import(erlrc_journal, [journal/2, remark/2]).
-import(erlrc_lost_starts, [name_lost_starts/2]).
-import(erlrc_restart, [belongings/2, give_back/6, restart/4, running/2, stoppable/3]).
-import(erlrc_supervisor, [rename/4]).
-import(erlrc_sys, [ask/3]).
-import(erlrc_text, [expect/4, fail/2, processes/2, short/1, short_name/1]).
-import(erlrc_tree, [remember/2]).

child_step(do, {name_lost_starts, Lost}, C) ->
    name_lost_starts(Lost, C),
    C;

child_step(do, {check_stop, Apps, Modules}, C) ->
    remark_stop(stoppable(Apps, Modules, C), C),
    C;

child_step(do, {terminate_processes, Apps, Modules}, #{terminated := Terminated} = C) ->
    Children = stoppable(Apps, Modules, C),
    Requests = [{Pid, get_state} || {Pid, _, _, _, _} <- Children],
    States = maps:from_list([{Pid, State} || {Pid, {reply, {ok, State}}} <- ask(Requests, standard, C)]),
    lists:foreach(fun({Pid, Parent, Id, Specification, _}) ->
                          Name = short_name(Pid),
                          journal(children, {terminated, Parent, Id, Specification,
                                             {Pid, Name, maps:find(Pid, States), belongings(Pid, Parent)}}),
                          Result = bounded(supervisor, terminate_child, [Parent, Id], C),
                          expect(ok, Result, "~ts: stop", [Name])
                  end, Children),
    C#{terminated := Children ++ Terminated};
child_step(undo, {terminated, Parent, Id, Specification, {Pid, Name, State, Belongings}}, C) ->
    %% If it is still ending, its supervisor waits for that before it answers any request.
    is_process_alive(Pid) andalso bounded(supervisor, count_children, [Parent], C) =:= timeout
        andalso fail("~ts: is still ending, and not started again", [Name]),
    case not is_process_alive(Pid) andalso restart(Parent, Id, Specification, C) of
        false -> ok;
        {error, running} -> ok;
        {ok, New} -> give_back(New, State, Pid, Name, Belongings, C);
        {error, Why} -> fail("~ts: start again: ~ts", [Name, short(Why)])
    end;

child_step(do, {start_terminated, Modules}, #{terminated := Terminated} = C) ->
    Children = running(Modules, Terminated),
    lists:foreach(fun({_, Parent, Id, Specification, _}) ->
                          journal(children, {restarted, Parent, Id}),
                          case restart(Parent, Id, Specification, C) of
                              {ok, _} -> ok;
                              {error, Why} -> fail("child ~0tp: start: ~ts", [Id, short(Why)])
                          end
                  end, Children),
    C#{terminated := Terminated -- Children};
child_step(undo, {restarted, Parent, Id}, C) ->
    case bounded(supervisor, terminate_child, [Parent, Id], C) of
        {error, not_found} -> ok;  % a temporary one that was not started
        Answer -> expect(ok, Answer, "child ~0tp: stop", [Id])
    end;

child_step(do, {note_children, Apps, Items, Asking}, C) ->
    C#{children := note_children(Apps, Items, Asking, C)};

child_step(do, foresee_children, #{children := Noted} = C) ->
    foresee_children(Noted, C),
    C;

child_step(do, change_children, #{children := Noted} = C) ->
    change_children(Noted, C),
    C;
child_step(undo, {child_started, Supervisor, Id}, C) ->
    case stop_new(Supervisor, Id, C) of
        {error, not_found} -> ok;
        Result -> expect(ok, Result, "child ~0tp: stop", [Id])
    end;
child_step(undo, {child_stopped, Supervisor, Id, Snapshot}, C) ->
    start_stopped(Supervisor, Id, Snapshot, C);
child_step(undo, {renamed, Supervisor, Old, New}, C) ->
    is_process_alive(Supervisor) andalso rename(Supervisor, New, Old, C);
child_step(undo, {reset, Row}, C) ->
    reset(Row, C).

%% Named before they end: they are known by their names and supervisors then.
remark_stop([], _) ->
    ok;
remark_stop(Children, C) ->
    Rows = [{Pid, Parent, Id, worker, Modules} || {Pid, Parent, Id, _, Modules} <- Children],
    Named = lists:sublist([Pid || {Pid, _, _, _, _} <- Children], 5),
    remark("to be stopped by the appup, so that what they know is lost: ~b process~ts: ~ts~ts",
           [length(Children), case Children of [_] -> ""; _ -> "es" end, processes(Named, remember(Rows, C)),
            case length(Children) > 5 of true -> ", .."; false -> "" end]).
