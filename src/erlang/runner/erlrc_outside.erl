%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The processes that an upgrade of some modules concerns: those in the supervision trees of the applications
%% whose child specifications name one of the modules, as in release_handler, and all others that run one
%% (erlrc_census): under a supervisor of another application, under none, as a handler in a foreign event
%% manager, or declared as something else.
-module(erlrc_outside).
-export([concerned/3, concerned_then/4, newborn_outside/1]).
-import(erlrc_census, [census/0, exporting/3, in_doubt/1, kind_modules/1, mentioning/2, of_modules/2,
                       starters/1]).
-import(erlrc_journal, [recall/1, record/2, record_in/3]).
-import(erlrc_kinds, [are_certain/1, waits_specially/1]).
-import(erlrc_tree, [column/2, is_supervisor/1, known_trees/2, links/1]).

%% As trees/2, with the others. Their rows are {Pid, Parent, undefined, Type, [Module]}; Parent is a
%% supervisor, which must not start more of them while they are suspended, or none.
concerned(Apps, Modules, C) ->
    recall(kinds) =:= #{} andalso census(),
    concerned(Apps, Modules, once_more, C).

%% A census takes its time, so one must do: it comes after all supervisors were looked at. Only if it finds
%% supervisors that were not known, it is done once more.
concerned(Apps, Modules, Next, C) ->
    Known = {recall(supervisors), starters(Modules)},
    Trees = note_all(Apps, Modules, C),
    await_begun(Modules, 20),
    case Next =:= once_more andalso {recall(supervisors), starters(Modules)} =/= Known of
        true -> concerned(Apps, Modules, done, C);
        false -> in_trees_and_outside(Trees, Apps, Modules, C)
    end.

%% The same for a check: what has been started since the last census will be found when its module is
%% suspended. Unborn: what that has returned.
concerned_then(Unborn, Apps, Modules, C) ->
    case Unborn ++ in_doubt(Modules) of
        [] -> in_trees_and_outside(note_all(Apps, Modules, C), Apps, Modules, C);
        _ -> concerned(Apps, Modules, C)
    end.

note_all(Apps, Modules, C) ->
    {Procs, _, _} = Trees = known_trees(Apps, C),
    note_starters(Modules, Procs),
    note_links(recall(foreign)),
    Trees.

in_trees_and_outside(Trees, Apps, Modules, C) ->
    case found_before(Trees, Modules) of
        {Found} ->
            Found;
        none ->
            Found = with_outside(Trees, Apps, Modules, C),
            %% The handlers of a gen_event may be others the next time, and so may the module of a gen_statem,
            %% and what runs none of the modules now may be about to.
            Changing = exporting(Modules, handle_event, 2) ++ exporting(Modules, callback_mode, 0),
            record(found, case Changing =:= [] andalso are_certain(Modules) of
                              true -> {recall(kinds), Trees, Modules, Found};
                              false -> none
                          end),
            Found
    end.

%% What was found the last time, if nothing has been started since and nothing of it has ended.
found_before(Trees, Modules) ->
    Kinds = recall(kinds),
    case recall(found) of
        {Kinds, Trees, Of, {Procs, _, _} = Found} ->
            Pids = column(1, Procs),
            case Modules -- Of =:= [] andalso lists:filter(fun erlang:is_process_alive/1, Pids) =:= Pids of
                true -> {Found};
                false -> none
            end;
        _ ->
            none
    end.

with_outside({Procs, Known, Childless}, Apps, Modules, C) ->
    Missing = [{Module, Pids -- column(1, maps:get(Module, Known, []))}
               || {Module, [_ | _] = Pids} <- of_modules(Modules, C)],
    case lists:usort(lists:append(column(2, Missing))) of
        [] ->
            {Procs, Known, Childless};
        Found ->
            case note_parents(Found) of
                [] ->
                    {Others, Own} = rows(Found, Missing, Procs),
                    {Procs ++ Others, with_rows(Others ++ Own, Known), Childless};
                _ ->
                    %% They may have started one since we looked.
                    concerned(Apps, Modules, C)
            end
    end.

%% What has just been started will be looked at when it has begun, which takes microseconds; and what may be
%% a special process when it has returned to its loop, which most do soon.
await_begun(Modules, Times) ->
    case census() ++ in_doubt(Modules) of
        [_ | _] when Times > 0 ->
            receive after 1 -> ok end,
            await_begun(Modules, Times - 1);
        _ ->
            ok
    end.

%% Supervisors that have none of those processes now may start one at any moment, if they know the module.
note_starters(Modules, Procs) ->
    {Before, Searched} = recall(searched),
    Known = case Modules -- Before of [] -> Searched; _ -> [] end,
    Pids = starters(Modules) -- Known,
    record(searched, {lists:usort(Modules ++ Before), Pids ++ Known}),
    Found = mentioning(Pids -- column(1, Procs), lists:usort(Modules)),
    note_foreign(lists:filter(fun erlang:is_process_alive/1, Found)).

%% Which children these supervisors have now is known before their children are looked for.
note_links(Supervisors) ->
    [record_in(links, Supervisor, links(Supervisor)) || Supervisor <- Supervisors].

%% Returns the supervisors that were not known.
note_parents(Pids) ->
    Known = recall(parents),
    New = Pids -- maps:keys(Known),
    Parents = [{Pid, parent(Pid)} || Pid <- New],
    Suspendable = [{Parent, is_supervisor(Parent) orelse waits_specially(Parent)}
                   || Parent <- lists:usort(column(2, Parents)), is_pid(Parent)],
    Rows = [{Pid, case lists:member({Parent, true}, Suspendable) of true -> Parent; false -> none end}
            || {Pid, Parent} <- Parents],
    record(parents, maps:merge(Known, maps:from_list(Rows))),
    note_foreign([Parent || {Parent, true} <- Suspendable]).

note_foreign(Supervisors) ->
    Foreign = recall(foreign),
    New = Supervisors -- Foreign,
    record(foreign, New ++ Foreign),
    note_links(New),
    New.

%% The supervisor of an event manager adds no handlers.
parent(Pid) ->
    case process_info(Pid, dictionary) of
        {_, Dictionary} ->
            Manages = lists:keymember({gen_event, init_it, 6}, 2, Dictionary),
            case lists:keyfind('$ancestors', 1, Dictionary) of
                {_, [Parent | _]} when is_pid(Parent), node(Parent) =:= node(), not Manages -> Parent;
                {_, [Parent | _]} when is_atom(Parent), not Manages -> whereis(Parent);
                _ -> none
            end;
        undefined ->
            none
    end.

%% {The rows of processes outside of the trees, those of processes in the trees that were declared as
%% something else}.
rows(Found, Missing, Procs) ->
    Parents = recall(parents),
    InTrees = maps:with(Found, maps:from_list(lists:zip(column(1, Procs), Procs))),
    Supervisors = ordsets:intersection(Found, column(1, recall(supervisors))),
    %% Their children are not known, so none of these counts as newborn (erlrc_suspend).
    note_foreign(Supervisors -- maps:keys(InTrees)),
    {[{Pid, maps:get(Pid, Parents), undefined,
       case lists:member(Pid, Supervisors) of true -> supervisor; false -> worker end, [Module]}
      || {Module, Pids} <- Missing, Pid <- Pids -- maps:keys(InTrees)],
     [setelement(5, maps:get(Pid, InTrees), [Module])
      || {Module, Pids} <- Missing, Pid <- maps:keys(maps:with(Pids, InTrees))]}.

with_rows(Rows, Known) ->
    lists:foldl(fun({_, _, _, _, [Module]} = Row, Found) ->
                        Found#{Module => [Row | maps:get(Module, Found, [])]}
                end, Known, Rows).

%% The rows of children of foreign supervisors that are suspended: [{Pid, Supervisor}]. unknown if one of them
%% has not begun.
newborn_outside(Born) ->
    Rows = [{Pid, Supervisor, undefined, worker, kind_modules(Pid)} || {Pid, Supervisor} <- Born],
    case lists:keymember(unknown, 5, Rows) of true -> unknown; false -> Rows end.
