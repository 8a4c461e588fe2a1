%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Processes that call what the new code of their module does not have. They die when they next do: of a
%% message, if a behaviour calls it, or when a loop comes round.
-module(erlrc_unserved).
-export([check_callbacks/1, check_loops/1, holding_funs/3, lost_loops/4, report_lost/3, staying/2,
         unserved/4]).
-import(erlrc_call, [now_ms/0]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_code, [part/2]).
-import(erlrc_ending, [outliving/2]).
-import(erlrc_journal, [recall/1, remark/2]).
-import(erlrc_machines, [lost_states/4]).
-import(erlrc_record, [search/4]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).
-import(erlrc_tree, [column/2]).

%% [{Module, {In, Lost}, [Pid]}]: processes inside a function that calls others of its module by full name, to
%% come to new code, as loops do; and the new code does not have these. They die when they next do.
%% Losing: [{Module, In, Lost}], functions as {F, A}.
lost_loops(_, [], _, _) ->
    [];
lost_loops(Seen, Losing, Reached, C) ->
    Lost = maps:from_list([{{Module, In}, Called} || {Module, In, Called} <- Losing]),
    Inside = [{Call, Pids -- Reached} || {{_, Stack}, Pids} <- maps:to_list(Seen),
                                         Call <- lists:sublist(losing_calls(Stack, Lost), 1)],
    [{Module, {In, maps:get(Call, Lost)}, Pids}
     || {Module, In} = Call <- lists:usort(column(1, Inside)),
        Each <- [[Pids || {Same, Pids} <- Inside, Same =:= Call]],
        [_ | _] = Pids <- [outliving(lists:append(Each), C)]].

%% [{Module, In}] of a stack.
losing_calls(Stack, Lost) ->
    [{Module, {F, A}} || {Module, F, A, _} <- Stack, is_map_key({Module, {F, A}}, Lost)].

%% Processes whose behaviour calls what the new code of their module does not have: a gen_server has become a
%% gen_statem, or a plain module, or is removed. They die of their next message. A supervisor whose module is
%% removed does not, and will not be upgraded any more.
unserved(Modules, Converted, Passing, #{backup := Backup, code := Code} = C) ->
    Olds = [{Module, Beam} || Module <- Modules, {_, Beam} <- [maps:get(Module, Backup, none)]],
    Both = both(mentioning_callbacks(Olds), Code),
    Running = of_modules(column(1, Both), C),
    [{Module, Functions, Pids}
     || {Module, {_, Before}, {_, After}} <- Both, {Same, Pids} <- Running, Same =:= Module,
        [_ | _] = Functions <- [callbacks(Before) -- After]]
        ++ [{Module, [{init, 1}], Supervisors}
            || {Module, Pids} <- of_modules([Module || {Module, _} <- Olds, not is_map_key(Module, Code)], C),
               [_ | _] = Supervisors <- [[Pid || Pid <- Pids, lists:keymember(Pid, 1, recall(supervisors))]]]
        ++ lost_states(Both, Converted, Passing, C)
        ++ unserved_by_libraries(Olds, C).

both(Olds, Code) ->
    [{Module, {Old, part(Old, exports)}, later(maps:get(Module, Code, none))} || {Module, Old} <- Olds].

later({_, New}) -> {New, part(New, exports)};
later(none) -> {none, []}.

%% The same for servers of another behaviour (erlrc_carried), unless that changes, too.
unserved_by_libraries(Olds, #{code := Code} = C) ->
    _ = of_modules([Module || {Module, _} <- Olds, not is_map_key(Module, recall(libraries))], C),
    Carried = [Row || {{_, _} = Row, true} <- maps:to_list(recall(carried))],
    Libraries = maps:with(column(1, Carried), recall(libraries)),
    Own = both([Old || {Module, _} = Old <- Olds, is_map_key(Module, Libraries)], Code),
    [{Module, Functions, [Pid || {Same, Pid} <- Carried, Same =:= Module]}
     || {Module, {_, Before}, {_, After}} <- Own,
        [_ | _] = Functions <- [[F || F <- of_libraries(maps:get(Module, Libraries), Code),
                                      lists:member(F, Before), not lists:member(F, After)]]].

of_libraries(Behaviours, Code) ->
    lists:append([Behaviour:behaviour_info(callbacks) -- optional(Behaviour)
                  || Behaviour <- Behaviours, not is_map_key(Behaviour, Code),
                     erlang:function_exported(Behaviour, behaviour_info, 1)]).

optional(Behaviour) ->
    case catch Behaviour:behaviour_info(optional_callbacks) of
        Functions when is_list(Functions) -> Functions;
        _ -> []
    end.

%% [{Module, Functions, Pids}]: those of Pids that keep funs such as fun m:f/1 of functions that are lost,
%% [{Module, [{F, A}]}], as far as they answer for their states.
holding_funs([], _, _) ->
    [];
holding_funs(Lost, Pids, #{deadline := Deadline} = C) ->
    Patterns = [{Module, F, encoded_fun(Module, F)} || {Module, Functions} <- Lost, F <- Functions],
    {Holding, _} = search(outliving(Pids, C), binary:compile_pattern(column(3, Patterns)), [],
                          C#{deadline := min(Deadline, now_ms() + 2000)}),
    [{Module, [F], Found}
     || Holding =/= [], {Module, F, Pattern} <- Patterns,
        [_ | _] = Found <- [[Pid || {Pid, State} <- Holding, binary:match(State, Pattern) =/= nomatch]]].

encoded_fun(Module, {F, A}) ->
    <<131, Encoded/binary>> = term_to_binary(fun Module:F/A),
    Encoded.

%% Most modules do not even mention what behaviours call. There may be hundreds, so library functions look.
mentioning_callbacks(Rows) ->
    {_, Beams} = lists:unzip(Rows),
    Names = binary:compile_pattern([<<"handle_cast">>, <<"handle_event">>, <<"callback_mode">>]),
    Matches = lists:zipwith(fun binary:match/2, Beams, lists:duplicate(length(Beams), Names)),
    [Row || {Row, Match} <- lists:zip(Rows, Matches), Match =/= nomatch].

%% Leaves out modules that another application may have: the plan starts one, or some list them already.
staying(Rows, #{removed := Removed, starts := Starts}) ->
    [Row || {Module, _, _} = Row <- Rows,
            not (lists:member(Module, Removed) andalso (Starts orelse length(listing(Module)) > 1))].

listing(Module) ->
    [App || {App, _, _} <- application:loaded_applications(),
            {ok, Modules} <- [application:get_key(App, modules)], lists:member(Module, Modules)].

%% Only those that still live: the plan may have stopped them. Another application may have their module now.
check_callbacks(#{unserved := Unserved, stranded := Policy} = C) ->
    Left = [{Module, Functions, lists:filter(fun erlang:is_process_alive/1, Pids)}
            || {Module, Functions, Pids} <- Unserved, not has_all(Module, Functions, C)],
    report_lost([Row || {_, Functions, _} = Row <- Left, Functions =/= [{init, 1}]], Policy, C),
    Orphans = [Pid || {_, [{init, 1}], Pids} <- Left, Pid <- Pids],
    Orphans =:= []
        orelse remark("~p supervisors whose module is removed keep running, with their children: ~ts",
                      [length(Orphans), processes(lists:sublist(Orphans, 3), C)]).

%% Whether a module that the plan removes, and has removed, is there again.
has_all(Module, Functions, #{removed := Removed, removal_is_done := true}) ->
    lists:member(Module, Removed)
        andalso lists:all(fun({F, A}) -> erlang:function_exported(Module, F, A) end, Functions);
has_all(_, _, _) ->
    false.

%% Only those that are still there, in the code of before.
check_loops(#{lost_loops := Lost, stranded := Policy, removal_is_done := Loaded} = C) ->
    report_lost([{Module, Called, [Pid || Pid <- Pids, {_, Stack} <- [process_info(Pid, current_stacktrace)],
                                          losing_calls(Stack, #{{Module, In} => Called}) =/= [],
                                          not Loaded orelse erlang:check_process_code(Pid, Module)]}
                 || {Module, {In, Called}, Pids} <- Lost, not has_all(Module, Called, C)], Policy, C).

report_lost(Lost, Policy, C) ->
    Texts = [[integer_to_list(length(Pids)), " of ", module_name(Module), ", which ", loss(Functions), ": ",
              processes(lists:sublist(Pids, 5), C), case length(Pids) > 5 of true -> ", .."; false -> "" end]
             || {Module, Functions, [_ | _] = Pids} <- Lost],
    case {Texts, Policy} of
        {[], _} -> ok;
        {_, report} -> remark("processes that the new code cannot serve: ~ts", [lists:join("; ", Texts)]);
        _ -> fail("processes that the new code cannot serve: ~ts", [lists:join("; ", Texts)])
    end.

loss(mode) ->
    "has another callback mode (state_enter), for which its processes ask only in an update";
loss(Functions) ->
    ["loses ", lists:join(", ", [io_lib:format("~0tp/~b", [F, A]) || {F, A} <- Functions])].

%% What loops of behaviours call, whatever comes, if the module exports all that one of them calls.
callbacks(Exports) ->
    lists:append([Calls || Calls <- [[{handle_call, 3}, {handle_cast, 2}],
                                     [{handle_event, 2}, {handle_call, 2}], [{callback_mode, 0}],
                                     [{handle_event, 3}, {handle_sync_event, 4}]],
                           Calls -- Exports =:= []]).
