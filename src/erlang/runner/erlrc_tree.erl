%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The processes of applications, from their supervision trees: those of their masters, and those of the
%% supervisors of their modules that are children of other applications'.
-module(erlrc_tree).
-export([column/2, is_event_manager/1, is_supervisor/1, is_suspended/1, known_trees/2, links/1, remember/2,
         supervised/2, trees/2, with_included/1]).
-import(erlrc_call, [briefly/4, limit/2]).
-import(erlrc_census, [census/0]).
-import(erlrc_journal, [recall/1, record/2, record_in/3]).
-import(erlrc_kinds, [is_copy/1]).
-import(erlrc_sys, [ask/3, resume/2]).
-import(erlrc_text, [fail/2, process/2]).

%% The processes in the supervision trees of the applications: {Pid, Parent, ChildId, Type, Modules}.
supervised(Apps, C) ->
    {Procs, _, _} = trees(Apps, C),
    Procs.

%% {The same, by module, the supervisors without children}. They are as they were when they were last looked
%% for if each supervisor has the links that it had then, and no other code.
trees(Apps, C) ->
    census(),
    known_trees(Apps, C).

%% The same, with the supervisors that the last census has found.
known_trees(Apps, #{converted := Converted, trees_are_known := true} = C) ->
    case recall(trees) of
        #{Apps := {Trees, Links}} ->
            Changed = [Pid || {Pid, Then} <- Links, is_map_key(Pid, Converted) orelse links(Pid) =/= Then],
            case Changed ++ elsewhere(Apps, element(1, Trees)) of
                [] -> Trees;
                _ -> walk(Apps, C)
            end;
        _ ->
            walk(Apps, C)
    end;
known_trees(Apps, C) ->
    walk(Apps, C).

walk(Apps, C) ->
    record(handlers_were_asked, false),
    Own = lists:append([case application_controller:get_master(App) of
                            Master when is_pid(Master) -> of_application(App, Master, C);
                            _ -> []
                        end || App <- Apps]),
    Procs = with_others(elsewhere(Apps, Own), Own, C),
    Trees = {Procs, by_module(Procs), childless(Procs)},
    Known = recall(links),
    Links = [{Pid, maps:get(Pid, Known, undefined)} || {Pid, _, _, supervisor, _} <- Procs],
    %% The handlers of a gen_event change without any change of links.
    case Links =:= [] orelse recall(handlers_were_asked) of
        true -> record(trees, maps:remove(Apps, recall(trees)));
        false -> record_in(trees, Apps, {Trees, Links})
    end,
    Trees.

%% The supervisors of the applications' modules that are not among these.
elsewhere(Apps, Procs) ->
    Lists = [Listed || App <- with_included(Apps), {ok, Listed} <- [application:get_key(App, modules)]],
    Modules = lists:append(Lists),
    [Pid || {Pid, Module} <- recall(supervisors), lists:member(Module, Modules), is_process_alive(Pid)]
        -- column(1, Procs).

%% The applications with all that they include.
with_included([]) ->
    [];
with_included([App | Others]) ->
    case application:get_key(App, included_applications) of
        {ok, Included} -> [App | with_included(Included ++ Others)];
        undefined -> with_included(Others)
    end.

%% One of them may be a child of another.
with_others([], Procs, _) ->
    Procs;
with_others([Pid | Others], Procs, C) ->
    case lists:keymember(Pid, 1, Procs) of
        true ->
            with_others(Others, Procs, C);
        false ->
            Found = root(Pid, C),
            Twice = [Row || Row <- Found, lists:keymember(element(1, Row), 1, Procs)],
            with_others(Others, Procs ++ (Found -- Twice), C)
    end.

of_application(App, Master, C) ->
    case briefly(application_master, get_child, [Master], C) of
        {Root, _} when is_pid(Root) ->
            record_in(roots, Master, Root),  % for erlrc_app:has_ended/1
            root(Root, C);
        _ ->
            is_process_alive(Master) andalso fail("the master of application ~ts does not answer", [App]),
            []
    end.

%% Nearly all of thousands of processes are of a few kinds.
by_module(Procs) ->
    Kinds = lists:usort(column(5, Procs)),
    case length(Kinds) =< 8 of
        true ->
            Own = [{Kind, [Proc || {_, _, _, _, Modules} = Proc <- Procs, Modules =:= Kind]}
                   || Kind <- Kinds],
            Alike = [{Module, [Found || {Kind, Found} <- Own, lists:member(Module, Kind)]}
                     || Module <- lists:usort(lists:append(Kinds))],
            maps:from_list([{Module, lists:append(Found)} || {Module, Found} <- Alike]);
        false ->
            each_by_module(Procs)
    end.

each_by_module(Procs) ->
    lists:foldr(fun({Module, Proc}, Known) -> Known#{Module => [Proc | maps:get(Module, Known, [])]} end, #{},
                [{Module, Proc} || {_, _, _, _, Modules} = Proc <- Procs, Module <- lists:usort(Modules)]).

%% Supervisors without children may get one at any moment, and only from the children they have it is known
%% which modules theirs run.
childless(Procs) ->
    Parents = lists:usort(column(2, Procs)),
    [Pid || {Pid, _, _, supervisor, _} <- Procs, not lists:member(Pid, Parents), is_supervisor(Pid)].

%% The Nth element of each of many tuples, by compiled code.
column(N, Tuples) ->
    lists:zipwith(fun erlang:element/2, lists:duplicate(length(Tuples), N), Tuples).

root(Root, #{tree := Tree} = C) when node(Root) =:= node() ->
    Known = case Tree of
                #{Root := {_, _, _, supervisor, [Remembered]}} -> Remembered;
                _ -> supervisor_module(Root, C)
            end,
    case Known of
        none -> [{Root, none, none, worker, []}];
        Module -> [{Root, none, none, supervisor, [Module]} | children(Root, C)]
    end;
root(_, _) ->
    [].

%% The callback module of an application's top supervisor. Some applications start a plain process instead,
%% which has none.
supervisor_module(Pid, C) ->
    case is_supervisor(Pid) of
        true ->
            case {callback_module(Pid, C), is_process_alive(Pid)} of
                {Module, _} when is_atom(Module), Module =/= timeout -> Module;
                {_, true} -> fail("supervisor ~ts does not answer", [process(Pid, C)]);
                {_, false} -> none
            end;
        false ->
            none
    end.

%% Copies of supervisor.erl have it in their state; Elixir's other supervisors name it when they start.
callback_module(Pid, C) ->
    {Behaviour, Named, _} = proc_lib:translate_initial_call(Pid),
    case is_copy(Behaviour) andalso ask([{Pid, get_state}], standard, C) of
        [{_, {reply, {ok, State}}}] when is_tuple(State), tuple_size(State) > 5 ->
            element(tuple_size(State) - 1, State);
        false ->
            case briefly(supervisor, get_callback_module, [Pid], C) of
                {raised, _} when Behaviour =:= supervisor -> Named;
                Answer -> Answer
            end;
        Other ->
            Other
    end.

is_supervisor(Pid) ->
    case proc_lib:translate_initial_call(Pid) of
        {supervisor, _, _} -> true;
        {'Elixir.DynamicSupervisor', _, _} -> true;
        {Module, init, 1} -> is_copy(Module);
        _ -> case process_info(Pid, dictionary) of
                 {dictionary, Dictionary} ->
                     case lists:keyfind('$initial_call', 1, Dictionary) of
                         {_, {supervisor, _, _}} -> true;
                         {_, {'Elixir.DynamicSupervisor', _, _}} -> true;
                         _ -> false
                     end;
                 undefined -> false
             end
    end.

children(Supervisor, #{tree := Tree, suspended := Suspended} = C) ->
    case lists:member(Supervisor, lists:append(maps:values(Suspended))) of
        true ->
            %% It cannot answer, and has no other children than when it was suspended.
            Own = [Proc || {_, Parent, _, _, _} = Proc <- maps:values(Tree), Parent =:= Supervisor],
            Own ++ lists:append([children(Pid, C) || {Pid, _, _, supervisor, _} <- Own]);
        false ->
            ask_children(Supervisor, C)
    end.

%% Found in a rollback: it is inside a code_change that does not return, and need not be waited for.
is_stuck(Pid) ->
    lists:keymember(Pid, 1, recall(stuck)).

ask_children(Supervisor, C) ->
    is_stuck(Supervisor) andalso fail("supervisor ~ts does not answer", [process(Supervisor, C)]),
    record_in(links, Supervisor, links(Supervisor)),
    Children = case {which_children(Supervisor, 100, C), recall(late)} of
                   {timeout, [_ | _] = Late} ->
                       %% It may be starting a child that waits for one of these (suspend/6).
                       record(late, []),
                       resume(Late, C),
                       which_children(Supervisor, standard, C);
                   {timeout, _} ->
                       which_children(Supervisor, standard, C);
                   {Answer, _} ->
                       Answer
               end,
    Children =/= timeout orelse fail("supervisor ~ts does not answer", [process(Supervisor, C)]),
    Workers = [{Pid, Supervisor, Id, worker, Modules} || {Id, Pid, worker, [_ | _] = Modules} <- Children,
                                                         node(Pid) =:= node()],
    Supervisors = ordsets:intersection(lists:usort(column(2, Children)), column(1, recall(supervisors))),
    case Supervisors =:= [] andalso length(Workers) =:= length(Children) of
        true -> Workers;
        false -> lists:append([child(Child, Supervisor, C) || Child <- Children])
    end.

which_children(Supervisor, Limit, C) ->
    try
        gen_server:call(Supervisor, which_children, limit(Limit, C))
    catch
        exit:{timeout, _} -> timeout;
        exit:_ -> []
    end.

%% What a child is counts, not what it was declared as. A child on another node runs the code of that one.
child({Id, Pid, Type, Modules}, Parent, C) when node(Pid) =:= node() ->
    case {is_supervisor(Pid) orelse Type =:= supervisor andalso answers_as_one(Pid), Modules} of
        {true, dynamic} ->
            Own = case supervisor_module(Pid, C) of none -> []; Module -> [Module] end,
            [{Pid, Parent, Id, supervisor, Own} | children(Pid, C)];
        {true, _} ->
            [{Pid, Parent, Id, supervisor, Modules} | children(Pid, C)];
        {false, dynamic} ->
            [{Pid, Parent, Id, worker, handlers(Pid, C)}];
        {false, _} ->
            [{Pid, Parent, Id, worker, Modules}]
    end;
child(_, _, _) ->
    [].

%% Other behaviours of supervisors (ranch's, RabbitMQ's) are only known by that their module mentions the
%% request. Any other process might die of it.
answers_as_one(Pid) ->
    {Module, _, _} = proc_lib:translate_initial_call(Pid),
    case code:is_loaded(Module) of
        {file, File} when is_list(File) ->
            case beam_lib:chunks(File, [atoms]) of
                {ok, {_, [{atoms, Atoms}]}} -> lists:keymember(which_children, 2, Atoms);
                _ -> false
            end;
        _ ->
            false
    end.

%% A gen_event process names its handlers' modules, but not while it is suspended. Some child specifications
%% say dynamic of another process: it has no handlers, and might die of the request.
handlers(Pid, C) ->
    case is_event_manager(Pid) of
        true -> record(handlers_were_asked, true), known_handlers(Pid, C);
        false -> []
    end.

known_handlers(Pid, #{tree := Tree} = C) ->
    case {Tree, is_suspended(Pid)} of
        {#{Pid := {_, _, _, _, Modules}}, true} -> Modules;
        _ -> ask_handlers(Pid, C)
    end.

ask_handlers(Pid, C) ->
    case not is_stuck(Pid) andalso briefly(gen, call, [Pid, self(), get_modules, infinity], C) of
        false ->
            [];
        {ok, Modules} when is_list(Modules) ->
            Modules;
        _ ->
            is_process_alive(Pid) andalso fail("~ts does not name its handlers", [process(Pid, C)]),
            []
    end.

is_event_manager(Pid) ->
    lists:member(element(1, proc_lib:translate_initial_call(Pid)), [gen_event, 'Elixir.GenEvent']).

is_suspended(Pid) ->
    case process_info(Pid, current_function) of
        {_, {sys, suspend_loop, _}} -> true;
        _ -> false
    end.

%% On this node, and ports.
links(Pid) ->
    case process_info(Pid, links) of
        {links, Links} -> [Link || Link <- Links, node(Link) =:= node()];
        undefined -> []
    end.

remember(Procs, #{remembered := Procs} = C) ->
    C;
remember(Procs, #{tree := Tree} = C) ->
    C#{remembered := Procs, tree := maps:merge(Tree, maps:from_list(lists:zip(column(1, Procs), Procs)))}.
