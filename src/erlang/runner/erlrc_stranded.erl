%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Processes that an upgrade affects although no instruction covers them. Those that are inside a module that
%% changes keep running its old code until they call it by its full name, or are killed at the end if the
%% appup has it purged brutally. Those that a module handles messages for, and that wait, run its new code
%% with their next message. Both have the data that they had.
-module(erlrc_stranded).
-export([check_callbacks/1, check_loops/1, check_machines/2, check_stranded/5, lost_loops/4, name_killed/2,
         name_served/2, staying/2, unserved/4]).
-import(erlrc_census, [belongs/2, census/0, of_modules/2]).
-import(erlrc_ending, [outliving/2]).
-import(erlrc_journal, [recall/1, remark/2]).
-import(erlrc_shape, [states_now/2]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).
-import(erlrc_tree, [column/2]).

%% Seen: the kinds of erlrc_census. Reached: the processes that the script converts. One that has died
%% since is ignored: it may have been about to be converted.
%% Unreached: modules whose processes the script would convert, and has found none. Killing: those whose old
%% code is purged brutally.
check_stranded({Seen, Reached}, {Changing, Unreached, Killing}, Handling, Policy, C) ->
    Doomed = [{"inside", Pid, Module} || {_, Pid, Module} <- inside(Seen, Killing, Reached)],
    Lingering = Doomed ++ [Row || {_, Pid, _} = Row <- inside(Seen, Changing, Reached),
                                  not lists:keymember(Pid, 2, Doomed)],
    Running = [{"of", Pid, Module} || {Module, Known} <- of_modules(Handling, C), Pid <- Known -- Reached],
    Waiting = [Row || {_, Pid, _} = Row <- lists:usort(Running ++ waiting(Seen, Handling, Reached)),
                      not lists:keymember(Pid, 2, Lingering)],
    Found = of_living(Lingering ++ Waiting ++ below(Seen, Killing)),
    Texts = texts(Found, C),
    case {Texts, Policy} of
        {["", "", ""], _} -> ok;
        {_, unreached} ->
            case [Row || {How, Pid, Module} = Row <- Found, lists:member(Module, Unreached),
                         How =:= "of" orelse belongs(Pid, Module)] of
                [] -> report(Texts);
                Missed -> fail("the appup updates processes that take no system messages: ~ts",
                               [joined(texts(Missed, C))])
            end;
        {_, refuse} -> fail("processes that nothing converts: ~ts",
                            [joined(Texts)]);
        {_, report} -> report(Texts)
    end.

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

chunk(Beam, Name) ->
    case beam_lib:chunks(Beam, [Name]) of
        {ok, {_, [{Name, Rows}]}} -> Rows;
        _ -> []
    end.

%% Processes whose behaviour calls what the new code of their module does not have: a gen_server has become a
%% gen_statem, or a plain module, or is removed. They die of their next message. A supervisor whose module is
%% removed does not, and will not be upgraded any more.
unserved(Modules, Converted, Passing, #{backup := Backup, code := Code} = C) ->
    Olds = [{Module, Beam} || Module <- Modules, {_, Beam} <- [maps:get(Module, Backup, none)]],
    Behave = mentioning_callbacks(Olds),
    Both = [{Module, chunk(Old, exports), case maps:get(Module, Code, none) of
                                              {_, New} -> chunk(New, exports);
                                              none -> []
                                          end} || {Module, Old} <- Behave],
    Lost = [{Module, Functions} || {Module, Before, After} <- Both,
                                   [_ | _] = Functions <- [callbacks(Before) -- callbacks(After)]],
    [{Module, Functions, Pids} || {Module, Functions} <- Lost, {_, Pids} <- of_modules([Module], C)]
        ++ [{Module, [{init, 1}], Supervisors}
            || {Module, Pids} <- of_modules([Module || {Module, _} <- Olds, not is_map_key(Module, Code)], C),
               [_ | _] = Supervisors <- [[Pid || Pid <- Pids, lists:keymember(Pid, 1, recall(supervisors))]]]
        ++ [Row || {Module, Before, After} <- Both, [_ | _] = Arities <- [of_states(Before)],
                   of_states(After) =/= [], Gone <- [Before -- After],
                   %% The states of a machine that changes its mode are compared when it is converted.
                   of_states(After) =:= of_states(Before) orelse not lists:member(Module, Converted),
                   Row <- lost_states(Module, [F || {_, A} = F <- Gone, lists:member(A, Arities)],
                                      Arities =:= [4], lists:member(Module, Converted),
                                      lists:member(Module, Passing), C)].

%% The arities of the functions that a state machine calls for its events: handle_event, or functions that are
%% named as its states. A gen_statem asks for its callback mode in code_change only; the states of gen_fsm,
%% and of p1_fsm, get messages and calls.
of_states(Exports) ->
    case [lists:member(F, Exports) || F <- [{callback_mode, 0}, {handle_event, 4}, {handle_sync_event, 4}]] of
        [true, true, _] -> [4];
        [true, false, _] -> [3];
        [false, _, true] -> [2, 3];
        [false, _, false] -> []
    end.

%% Gone: functions of those arities. A code_change that does more than to pass on may give another state.
lost_states(Module, Gone, true, Converted, _, C) ->
    [{Module, [{handle_event, 4}], Pids}
     || not Converted, lists:member({handle_event, 4}, Gone), {_, Pids} <- of_modules([Module], C)];
lost_states(Module, Gone, false, Converted, Passing, C) ->
    %% With those that are busy in a callback.
    Pids = lists:usort([Pid || Gone =/= [], not Converted orelse Passing,
                               All <- [begun_as(Module) | [Of || {_, Of} <- of_modules([Module], C)]],
                               Pid <- All, is_process_alive(Pid)]),
    States = case Pids of [] -> []; _ -> states_now(Pids, C) end,
    In = [{Name, Pid} || {Pid, State} <- States, Name <- name_of_state(State)],
    %% A process that does not answer may be in any state.
    [{Module, Gone, Silent} || [_ | _] = Silent <- [Pids -- column(1, States)]]
        ++ [{Module, Lost, [Pid || {Same, Pid} <- In, Same =:= Name]}
            || Name <- lists:usort(column(1, In)),
               [_ | _] = Lost <- [[F || {Same, _} = F <- Gone, Same =:= Name]]].

begun_as(Module) ->
    lists:append([Pids || {{{{Started, init, 1}, _}, _}, Pids} <- maps:to_list(recall(kinds)),
                          Started =:= Module]).

%% p1_fsm shows the arguments of its loop.
name_of_state({Name, _}) -> [Name];
name_of_state([_, Name, _ | _]) -> [Name];
name_of_state(_) -> [].

%% The state machines that were converted, to a state for which the new code has no function.
check_machines(Pids, #{suspended := Suspended, stranded := Policy, code := Code, backup := Backup} = C) ->
    %% In a downgrade the new code comes later.
    Machines = [{Module, After, Of}
                || {Module, Of} <- maps:to_list(Suspended), is_atom(Module),
                   {_, New} <- [maps:get(Module, Code, none)], {_, Old} <- [maps:get(Module, Backup, none)],
                   binary:match(New, <<"callback_mode">>) =/= nomatch,
                   After <- [chunk(New, exports)], of_states(After) =:= [3],
                   Before <- [chunk(Old, exports)],
                   of_states(Before) =/= [3] orelse lists:keymember(3, 2, Before -- After)],
    report_lost([{Module, [{Name, 3}], [Pid]}
                 || {Module, After, Of} <- Machines,
                    {Pid, {Name, _}} <- states_now(ordsets:intersection(lists:usort(Of), Pids), C),
                    not lists:member({Name, 3}, After)], Policy, C).

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

%% Before modules are unloaded: the processes, of other applications, that run them.
name_served([], _) ->
    ok;
name_served(Modules, C) ->
    census(),
    Served = [{Pid, Module} || {Module, Pids} <- of_modules(Modules, C), Pid <- Pids],
    Served =:= []
        orelse remark("processes whose code is unloaded end with their next message: ~ts",
                      [found("of", Served, C)]).

%% Users: [{Module, Pids}] of modules that will be purged.
name_killed(Users, C) ->
    Inside = [{Pid, Module} || {Module, Pids} <- Users, Pid <- Pids],
    Inside =:= []
        orelse remark("killed, because they ran code that is unloaded: ~ts", [found("in", Inside, C)]).

%% What loops of behaviours call whatever comes, if the module exports all that one of them calls.
callbacks(Exports) ->
    lists:append([Calls || Calls <- [[{handle_call, 3}, {handle_cast, 2}],
                                     [{handle_event, 2}, {handle_call, 2}], [{callback_mode, 0}],
                                     [{handle_event, 3}, {handle_sync_event, 4}]],
                           Calls -- Exports =:= []]).

texts(Found, C) ->
    [found(How, [{Pid, Module} || {H, Pid, Module} <- Found, H =:= How], C) || How <- ["in", "of", "inside"]].

joined(Texts) ->
    lists:join("; ", [Text || Text <- Texts, Text =/= ""]).

report([In, Of, Killed]) ->
    Killed =:= "" orelse
        remark("to be killed, because they run old code that the appup removes by brutal_purge: ~ts",
               [Killed]),
    In =:= "" orelse remark("processes that nothing converts keep running old code: ~ts", [In]),
    Of =:= "" orelse
        remark("processes that nothing converts run the new code with the state they have: ~ts", [Of]).

of_living(Rows) ->
    [Row || {_, Pid, _} = Row <- Rows, is_process_alive(Pid)].

set(Modules) ->
    maps:from_list([{Module, true} || Module <- Modules]).

%% [{"in", Pid, Module}]; those that will be killed are "inside". Behaviours that wait take their next message
%% to the new code, whatever they were called by.
inside(_, [], _) ->
    [];
inside(Seen, Changing, Reached) ->
    Modules = set(Changing),
    [{"in", Pid, Module} || {{_, [{M, F, _, _} | _] = Stack}, Pids} <- maps:to_list(Seen),
                            not is_loop(M, F), Module <- first(Stack, Modules), Pid <- Pids -- Reached].

%% Behaviours that wait, and will return to the code that they were called by: converted or not, they are
%% users of it.
below(_, []) ->
    [];
below(Seen, Killing) ->
    Modules = set(Killing),
    [{"inside", Pid, Module} || {{_, [{M, F, _, _} | Below]}, Pids} <- maps:to_list(Seen), is_loop(M, F),
                                Module <- first(Below, Modules), Pid <- Pids].

%% [Module] of the first of the calls that is of one of the modules.
first(Stack, Modules) ->
    Called = column(1, Stack),
    case maps:with(Called, Modules) of
        Known when map_size(Known) =:= 0 -> [];
        Known -> lists:sublist([Module || Module <- Called, is_map_key(Module, Known)], 1)
    end.

is_loop(gen_server, loop) -> true;
is_loop(Module, _) -> Module =:= gen_statem orelse Module =:= gen_event.

%% [{"of", Pid, Module}]. The callback module of a behaviour is what its process was started with.
waiting(_, [], _) ->
    [];
waiting(Seen, Handling, Reached) ->
    Modules = set(Handling),
    [{"of", Pid, Module} || {{{{M, F, 1}, _}, _}, Pids} <- maps:to_list(Seen),
                            Module <- [case M of supervisor -> F; _ when F =:= init -> M; _ -> none end],
                            is_map_key(Module, Modules), Pid <- Pids -- Reached].

found(_, [], _) ->
    "";
found(How, Found, C) ->
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, M} <- Found, M =:= Module],
                          [integer_to_list(length(Pids)), " ", How, " ", module_name(Module), ": ",
                           processes(lists:sublist(Pids, 5), C),
                           case length(Pids) > 5 of true -> ", .."; false -> "" end]
                      end || Module <- lists:usort([M || {_, M} <- Found])]).
