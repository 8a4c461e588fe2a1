%% SPDX-License-Identifier: BSD-3-Clause
%%
%% A code_change that asks other processes: a supervisor to start a child, a sibling. If it waits for one that
%% no instruction names, or that is suspended along with it, that one is resumed: a supervisor for as long as
%% the conversion takes, or a process that is converted already. Going down, the latter has to wait, because
%% the code for its new state is not loaded yet.
-module(erlrc_late).
-export([late_replies/2, undo_waking/2]).
-import(erlrc_call, [briefly/4, now_ms/0]).
-import(erlrc_journal, [journal/2, recall/1, record/2]).
-import(erlrc_suspend, [freeze/2, withdraw/1]).
-import(erlrc_sys, [check_resumed/2, resume_with_states/3, responses/2]).
-import(erlrc_tree, [is_supervisor/1, is_suspended/1, links/1]).

-define(moment, 50).

%% Rows: [{Request, Pid, Reply | timeout}]. Returns the replies that come until then. Modules: those whose
%% processes are converted.
late_replies(Rows, {_, _, _, _} = Context) ->
    {Last, Woken} = await_rest(Rows, 1, [], Context),
    sleep_again(Woken -- [Pid || {_, Pid, _} <- Rows]),
    [Reply || {_, _, Reply} <- Last].

%% Returns the rows with the replies that have come, and what was woken.
await_rest(Rows, Round, Woken, {_, Modules, Until, C} = Context) ->
    case [Ref || {Ref, _, timeout} <- Rows] of
        [_ | _] = Refs ->
            case now_ms() >= Until of
                true ->
                    {Rows, Woken};
                false ->
                    More = to_wake(Rows, Round, Woken, Context),
                    Converted = [Pid || {_, Pid, _} <- Rows, lists:member(Pid, More)],
                    More =:= [] orelse wake(More, lists:usort(Converted), Modules, C),
                    New = maps:from_list(lists:zip(Refs, responses(Refs, min(Until, now_ms() + ?moment)))),
                    Now = [{Ref, Pid, maps:get(Ref, New, Reply)} || {Ref, Pid, Reply} <- Rows],
                    await_rest(Now, Round + 1, More ++ Woken, Context)
            end;
        [] ->
            {Rows, Woken}
    end.

%% The process that a late one waits for; or all, if that waits for another in turn.
to_wake(Rows, Round, Woken, {Mode, _, _, C}) ->
    Concerned = lists:usort([Pid || {_, Pid, _} <- Rows]),
    Late = lists:usort([Pid || {_, Pid, timeout} <- Rows]),
    Failed = [Reply || {_, _, Reply} <- Rows, Reply =/= timeout, Reply =/= {reply, ok}],
    Done = [Pid || Mode =:= up, Failed =:= [], Pid <- Concerned -- Late],
    Candidates = ((suspended_supervisors(C) -- Concerned) ++ Done) -- Woken,
    Blocked = [Pid || Pid <- Late, {_, {gen, do_call, _}} <- [process_info(Pid, current_function)]],
    record(asking, lists:usort(Blocked ++ recall(asking))),
    case {Blocked, [Pid || Pid <- Candidates, lists:member(Pid, awaited(Blocked))]} of
        {[], _} -> [];
        {_, []} when Round > 1 -> Candidates;
        {_, Awaited} -> Awaited
    end.

%% A call monitors the process that it waits for, maybe by its name.
awaited(Pids) ->
    Monitors = lists:append([Own || Pid <- Pids, {monitors, Own} <- [process_info(Pid, monitors)]]),
    [case What of
         {Name, Node} when Node =:= node() -> whereis(Name);
         _ -> What
     end || {process, What} <- Monitors].

%% The supervisors that are suspended. They run no code of their callback modules.
suspended_supervisors(#{suspended := Suspended}) ->
    [Pid || Pid <- lists:usort(lists:append(maps:values(Suspended))), is_supervisor(Pid)].

wake(Pids, Converted, Modules, #{tree := Tree} = C) ->
    Supervisors = [Pid || Pid <- Pids, is_supervisor(Pid)],
    Known = [{Pid, links(Pid)} || Pid <- Supervisors],
    {States, Replies} = resume_with_states(Pids, Converted, C),
    journal(processes, {woken, Pids, States, Supervisors, maps:keys(Tree), Modules}),
    record(woken, Known ++ recall(woken)),
    check_resumed(Replies, C).

%% Before the code for the converted states is loaded, nothing may be started in it; and a supervisor may be
%% converted after the others.
sleep_again(Pids) ->
    {_, Late} = freeze([Pid || Pid <- Pids, is_process_alive(Pid)], 1000),
    withdraw(Late).

%% As erlrc_undo_suspension:undo_resumption/4, but while some processes are inside their code_change: no other
%% process is waited for.
undo_waking({Pids, States, Supervisors, Known, Modules}, C) ->
    Journal = recall(journal),
    record(resumed, States ++ recall(resumed)),
    Children = [{Child, Ms} || Pid <- Supervisors, is_process_alive(Pid), not is_suspended(Pid),
                               {_, Child, _, [_ | _] = Ms} <- children_of(Pid, C), is_pid(Child)],
    New = [{Child, Module} || {Child, Ms} <- Children, not lists:member(Child, Known),
                              Module <- Ms, lists:member(Module, Modules)],
    {_, Late} = freeze(lists:usort(Pids ++ [Child || {Child, _} <- New]), 1000),
    withdraw(Late),
    record(newborn, New ++ recall(newborn)),
    record(journal, Journal),
    [].

children_of(Supervisor, C) ->
    case briefly(supervisor, which_children, [Supervisor], C) of
        Children when is_list(Children) -> Children;
        _ -> []
    end.
