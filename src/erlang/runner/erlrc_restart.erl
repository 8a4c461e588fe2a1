%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Children of supervisors that are stopped and started again, by instructions of an appup ({stop, Modules})
%% or because only that rolls them back.
-module(erlrc_restart).
-export([belongings/2, died_with/3, give_back/6, restart/4, running/2, started/1, stoppable/3]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_sys, [ask/3, replace_state/3]).
-import(erlrc_text, [fail/2, processes/2, short_name/1, text/2]).
-import(erlrc_tree, [links/1, remember/2, supervised/2]).

%% [{Pid, Parent, Id, Specification, Modules}] of the children that run the modules, in the order of the
%% modules. Fails if one of them could not be started again as it was: a simple_one_for_one supervisor stops
%% and starts no child by name, and forgets the arguments of a temporary child.
stoppable(Apps, Modules, C) ->
    Procs = supervised(Apps, C),
    OfSupervisors = [Proc || {_, Parent, _, _, _} = Proc <- Procs, is_pid(Parent)],
    Children = [{Pid, Parent, Id, specification(Parent, Id, C), Ms}
                || {Pid, Parent, Id, _, Ms} <- running(Modules, OfSupervisors)],
    case [Pid || {Pid, _, _, none, _} <- Children] of
        [] -> Children;
        Pids -> fail("could be stopped, but not started again as they were: ~ts",
                     [processes(Pids, remember(Procs, C))])
    end.

%% The rows of Procs (modules are the last element) that run one of the modules, in the order of the modules.
running(Modules, Procs) ->
    [Proc || Module <- Modules, Proc <- Procs,
             [First | _] <- [[M || M <- Modules, lists:member(M, element(5, Proc))]], First =:= Module].

specification(_, undefined, _) ->
    none;
specification(Parent, Id, C) ->
    case bounded(supervisor, get_childspec, [Parent, Id], C) of
        {ok, #{restart := temporary, start := {_, _, Arguments}}} when not is_list(Arguments) -> none;
        {ok, Specification} -> Specification;
        _ -> none
    end.

%% {ok, Pid} of the new process, or {error, Why}. The specification of a temporary child went with it.
restart(Parent, _, #{restart := temporary} = Specification, C) ->
    started(bounded(supervisor, start_child, [Parent, Specification], C));
restart(Parent, Id, _, C) ->
    started(bounded(supervisor, restart_child, [Parent, Id], C)).

started(Ok) when element(1, Ok) =:= ok, is_pid(element(2, Ok)) -> {ok, element(2, Ok)};
started({error, Why}) -> {error, Why};
started(Other) -> {error, Other}.

%% Gives a child that was stopped and is started again the state it had: {ok, State}, or error if that is not
%% known. What could not be done, as texts.
give_back(New, {ok, State}, Pid, Name, Belongings, C) ->
    case died_with(Pid, State, Belongings) of
        {lost, What} ->
            [text("~ts: was stopped and started afresh; its state is not put back, because ~ts died with it",
                  [Name, What])];
        nothing ->
            case {replace_state(New, State, C), ask([{New, get_state}], standard, C)} of
                {[], [{New, {reply, {ok, State}}}]} -> [];
                {[], _} ->
                    [text("~ts: was stopped and started again, but not with all of its state", [Name])];
                {Left, _} -> Left
            end
    end;
give_back(_, error, _, Name, _, _) ->
    [text("~ts: was stopped and started afresh, because its state could not be read", [Name])].

%% The things that end with a process whether its state names them or not, as texts: its tables, and what is
%% linked to it, but for its supervisor.
belongings(Pid, Parent) ->
    Tables = ets:all(),
    Owners = lists:zipwith(fun ets:info/2, Tables, lists:duplicate(length(Tables), owner)),
    Linked = links(Pid) -- [Parent],
    [text("table ~0tp", [ets:info(Table, name)])
     || {Table, Owner} <- lists:zip(Tables, Owners), Owner =:= Pid]
        ++ [text("port ~0tp", [Port]) || Port <- Linked, is_port(Port)]
        ++ [text("process ~ts", [short_name(Other)])
            || Other <- Linked, is_pid(Other), node(Other) =:= node(),
               process_info(Other, trap_exit) =:= {trap_exit, false}].

%% {lost, Text} if something has ended with a process without which its state is worth nothing to the process
%% that is started in its place, or nothing.
died_with(Pid, State, Belongings) ->
    case {owns_resources(State, Pid), Belongings} of
        {false, []} -> nothing;
        {true, []} -> {lost, "what it held"};
        _ -> {lost, lists:join(", ", Belongings)}
    end.

%% To walk through a big state takes minutes. There, they are searched for in its encoded form (erl_ext_dist),
%% in which each begins with its tag and the name of the node.
owns_resources(State, Pid) ->
    case erts_debug:flat_size(State) > 131072 of
        true ->
            <<131, Tag, Encoded/binary>> = term_to_binary(Pid),
            Node = binary:part(Encoded, 0, byte_size(Encoded) - case Tag of 88 -> 12; 103 -> 9 end),
            Ports = [<<Port, Node/binary>> || Port <- [89, 102, 120]],
            References = [<<Ref, Words:16, Node/binary>> || Ref <- [90, 114], Words <- lists:seq(1, 5)],
            binary:match(term_to_binary(State), [<<Tag, Encoded/binary>>] ++ Ports ++ References) =/= nomatch;
        false ->
            has_resources(State, Pid)
    end.

has_resources(Term, Pid) when is_pid(Term) -> Term =:= Pid;
has_resources(Term, _) when is_port(Term); is_reference(Term) -> true;
has_resources([Head | Tail], Pid) -> has_resources(Head, Pid) orelse has_resources(Tail, Pid);
has_resources(Term, Pid) when is_tuple(Term) -> has_resources(tuple_to_list(Term), Pid);
has_resources(Term, Pid) when is_map(Term) -> has_resources(maps:to_list(Term), Pid);
has_resources(_, _) -> false.
