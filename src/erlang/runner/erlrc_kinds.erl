%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What processes of a kind (erlrc_census) may run, and how they wait.
-module(erlrc_kinds).
-export([are_certain/1, awaits/1, is_lambda/1, is_special/1, looks/1, note_roles/1, waits/1]).
-import(erlrc_journal, [recall/1, record/2]).

%% What may be asked about kinds later is found out once for each, because many modules are asked about. The
%% field `roles' of the record is #{Module => [{Kind, Stack}]}, for the modules that processes of that kind
%% may run; and the kinds `entered', for which a behaviour was entered after something else, and `special',
%% which handle their system messages themselves.
note_roles([]) ->
    ok;
note_roles(Looks) ->
    Loops = lists:usort([Loop || {{_, {Loop, _, _}}, _} <- Looks]),
    Special = [Loop || Loop <- Loops, is_special(Loop), waits({Loop, loop, 0})],
    Rows = [{Module, Look} || {{{supervisor, Module, _}, _}, _} = Look <- Looks]
        ++ [{Module, Look} || {{{Module, _, _}, _}, _} = Look <- Looks, Module =/= supervisor]
        ++ [{Loop, Look} || {{{Module, _, _}, {Loop, _, _}}, _} = Look <- Looks, Module =/= supervisor,
                            Module =/= Loop]
        ++ [{{entered}, Look} || {{{M, F, A}, {Loop, _, _}}, _} = Look <- Looks,
                                 Loop =:= gen_server orelse Loop =:= gen_statem, {F, A} =/= {init, 1},
                                 M =/= supervisor, M =/= gen_event]
        ++ [{{special}, Look} || {{_, {Loop, _, _}}, _} = Look <- Looks, lists:member(Loop, Special)],
    Add = fun({Role, Look}, Known) -> Known#{Role => [Look | maps:get(Role, Known, [])]} end,
    record(roles, lists:foldl(Add, recall(roles), Rows)).

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

%% It handles its system messages itself.
is_special(Module) ->
    erlang:function_exported(Module, system_code_change, 4)
        andalso not lists:member(Module, [gen_server, gen_statem, gen_event, gen_fsm]).

is_lambda(Function) ->
    hd(atom_to_list(Function)) =:= $-.
