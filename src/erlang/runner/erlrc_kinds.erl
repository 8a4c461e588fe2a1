%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What processes of a kind (erlrc_census) may run, and how they wait.
-module(erlrc_kinds).
-export([are_certain/1, awaits/1, bottom/1, is_copy/1, is_lambda/1, is_special/1, looks/1, note_roles/1,
         undecided/0, unsettled/0, waits/1, waits_at_bottom/1, waits_specially/1]).
-import(erlrc_journal, [recall/1, record/2]).

%% What may be asked about kinds later is found out once for each, because many modules are asked about. The
%% field `roles' of the record is #{Module => [{Kind, Stack}]}, for the modules that processes of that kind
%% may run; and the kinds `entered', for which a behaviour was entered after something else, `statem', which
%% may have changed their callback module, and `special', which handle their system messages themselves.
note_roles([]) ->
    ok;
note_roles(Looks) ->
    Lowest = lowest_calls(Looks),
    Doubtful = doubtful(Lowest),
    record(doubtful, Doubtful ++ recall(doubtful)),
    record(beginning, beginning(Lowest) ++ recall(beginning)),
    Tops = [{Loop, Look} || {{_, {Loop, _, _}}, _} = Look <- Looks],
    {Loops, _} = lists:unzip(Tops),
    Special = [Loop || Loop <- lists:usort(Loops), is_special(Loop), waits({Loop, loop, 0})],
    Rows = [{Module, Look} || {{{supervisor, Module, _}, _}, _} = Look <- Looks]
        ++ [{Module, Look} || {{{Module, _, _}, _}, _} = Look <- Looks, Module =/= supervisor]
        ++ [{Loop, Look} || {{{Module, _, _}, {Loop, _, _}}, _} = Look <- Looks, Module =/= supervisor,
                            Module =/= Loop]
        ++ [{{entered}, Look} || {Loop, {{{M, F, A}, _}, _} = Look} <- lists:usort(Tops ++ Lowest),
                                 Loop =:= gen_server orelse Loop =:= gen_statem, {F, A} =/= {init, 1},
                                 M =/= supervisor, M =/= gen_event]
        ++ [{{entered}, Look} || Look <- entered_asleep(Looks)]
        ++ [{{special}, Look} || {Loop, Look} <- Tops, lists:member(Loop, Special)]
        ++ [{{statem}, Look} || {gen_statem, {{{_, init, 1}, _}, _} = Look} <- Lowest]
        ++ [Row || {Module, {{{M, _, _}, {Top, _, _}}, _}} = Row <- Doubtful, M =/= Module, Top =/= Module],
    Add = fun({Role, Look}, Known) -> Known#{Role => [Look | maps:get(Role, Known, [])]} end,
    record(roles, lists:foldl(Add, recall(roles), Rows)).

%% The stack of a process that hibernates is empty. It may have entered a behaviour if what it was started as
%% enters one.
entered_asleep(Looks) ->
    Asleep = [{M, Look} || {{{M, F, A}, {erlang, hibernate, _}}, _} = Look <- Looks, {F, A} =/= {init, 1},
                           M =/= supervisor],
    {Modules, _} = lists:unzip(Asleep),
    Entering = lists:filter(fun(M) -> enters_loop(M) end, lists:usort(Modules)),
    [Look || {M, Look} <- Asleep, lists:member(M, Entering)].

enters_loop(Module) ->
    File = code:which(Module),
    case is_list(File) andalso beam_lib:chunks(File, [imports]) of
        {ok, {_, [{imports, Imports}]}} ->
            [] =/= [M || {M, enter_loop, _} <- Imports, M =:= gen_server orelse M =:= gen_statem];
        _ ->
            false
    end.

%% [{Role, {Kind, Stack}}]
looks(Roles) ->
    [{Role, Look} || {Role, Looks} <- maps:to_list(maps:with(Roles, recall(roles))), Look <- Looks].

%% Whether it is known of all processes that may run one of the modules that they do.
are_certain(Modules) ->
    Certain = recall(certain),
    [] =:= [Row || Row <- looks(Modules), not is_map_key(Row, Certain)].

%% Whether a process in that function waits for some messages only, and for no system messages. A client of a
%% special process does, which was started as something else.
awaits({Module, F, A}) ->
    lists:member({F, A}, maps:get(Module, recall(awaits), [])).

%% Whether a process in that function waits for system messages, too. One that hibernates does, if proc_lib
%% started it, which is seen by its registers (is_callback/2).
waits({erlang, hibernate, _}) -> true;
waits({Module, _, _}) -> erlang:function_exported(Module, system_continue, 3);
waits(undefined) -> false.

%% Whether what called the loop that it waits in is a behaviour, or nothing.
waits_at_bottom(Stack) ->
    lists:any(fun(Module) -> Module =:= gen orelse erlang:function_exported(Module, system_continue, 3) end,
              bottom(Stack)).

%% [Module] of its lowest call, but for that of proc_lib.
bottom(Stack) ->
    lists:sublist([Module || {Module, _, _, _} <- lists:reverse(Stack), Module =/= proc_lib], 1).

%% A special process that waits (ranch's supervisors are of this kind). Not a client of it.
waits_specially(Pid) ->
    case process_info(Pid, [current_function, current_stacktrace]) of
        [{_, {Module, _, _} = Function}, {_, Stack}] ->
            is_special(Module) andalso waits(Function) andalso waits_at_bottom(Stack);
        _ ->
            false
    end.

%% It handles its system messages itself.
is_special(Module) ->
    erlang:function_exported(Module, system_code_change, 4)
        andalso not lists:member(Module, [gen_server, gen_statem, gen_event, gen_fsm]).

%% A copy of supervisor.erl under another name (RabbitMQ's supervisor2), whose processes take the same calls.
is_copy(supervisor) ->
    false;
is_copy(Module) ->
    lists:all(fun({F, A}) -> erlang:function_exported(Module, F, A) end,
              [{get_childspec, 2}, {which_children, 1}, {restart_child, 2}, {delete_child, 2},
               {terminate_child, 2}, {code_change, 3}]).

is_lambda(Function) ->
    hd(atom_to_list(Function)) =:= $-.

%% [{Module, Look}]: of which module the lowest call is, but for that of proc_lib. What runs at the moment may
%% be anything that this has called.
lowest_calls(Looks) ->
    Long = [Look || {_, [_, _ | _]} = Look <- Looks],
    {_, Stacks} = lists:unzip(Long),
    Lowest = lists:map(fun lists:last/1, Stacks),
    Next = lists:map(fun lists:last/1, lists:map(fun lists:droplast/1, Stacks)),
    [{Module, Look} || {_, [{Module, _, _, _}]} = Look <- Looks]
        ++ [{case Call of {proc_lib, _, _, _} -> element(1, Above); _ -> element(1, Call) end, Look}
            || {Call, Above, Look} <- lists:zip3(Lowest, Next, Long)].

%% Returns the kinds of a module that handles its system messages itself, if it is not certain by how they
%% were started that they will: others call functions of such a module, too.
doubtful(Lowest) ->
    {Modules, _} = lists:unzip(Lowest),
    Special = lists:filter(fun(Module) -> is_special(Module) end, lists:usort(Modules)),
    [Row || {Module, {{{M, F, _}, _}, Stack}} = Row <- Lowest, lists:member(Module, Special),
            M =/= Module orelse is_lambda(F) orelse element(1, lists:last(Stack)) =/= proc_lib].

%% Returns the kinds that proc_lib has started and that are in no loop of a behaviour: they may enter one
%% later, whatever they were started as.
beginning(Lowest) ->
    {Modules, _} = lists:unzip(Lowest),
    Loops = [gen | lists:filter(fun(Module) -> waits({Module, loop, 0}) end, lists:usort(Modules))],
    [Look || {Module, {{_, Function}, Stack} = Look} <- Lowest, not lists:member(Module, Loops),
             element(1, lists:last(Stack)) =:= proc_lib, not waits(Function)].

%% [{Module, {Kind, Stack}}]: the doubtful ones that were caught in something else than their loop, if they
%% have one: it shows as soon as they return to that.
undecided() ->
    [Row || {Module, {{_, {Top, _, _} = Function}, _}} = Row <- recall(doubtful),
            Top =/= Module orelse awaits(Function)].

%% [{Kind, Stack}]: the processes that look so may be something else the next time.
unsettled() ->
    {_, Looks} = lists:unzip(undecided()),
    Looks ++ recall(beginning).
