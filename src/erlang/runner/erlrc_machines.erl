%% SPDX-License-Identifier: BSD-3-Clause
%%
%% State machines: the functions that they call for their states, and their callback modes.
%%
%% A gen_statem asks for its callback mode when it is started and after a code_change only: the code that is
%% loaded then. In a downgrade that is the code of before, so its processes have another code_change when the
%% code to come is loaded, and get their states back.
-module(erlrc_machines).
-export([ask_modes/2, callback_modes/2, change_code/2, check_machines/2, lost_states/4, noted_modes/3]).
-import(erlrc_call, [hook/4]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_code, [part/2]).
-import(erlrc_journal, [journal/2, recall/1]).
-import(erlrc_shape, [states_now/2]).
-import(erlrc_sys, [ask/3, current_states/2, failures/1, replace_states/2]).
-import(erlrc_text, [fail/2, process/2, reply/1]).
-import(erlrc_tree, [column/2]).
-import(erlrc_unserved, [report_lost/3]).

%% The arities of the functions that a state machine calls for its events: handle_event, or functions that are
%% named as its states. A gen_statem asks for its callback mode in code_change only; the states of gen_fsm,
%% and of p1_fsm, get messages and calls.
of_states({Beam, Exports}) ->
    case [lists:member(F, Exports) || F <- [{callback_mode, 0}, {handle_event, 4}, {handle_sync_event, 4}]] of
        [true, true, _] -> case has_name(Beam, <<"handle_event_function">>) of true -> [4]; false -> [3] end;
        [true, false, _] -> [3];
        [false, _, true] -> [2, 3];
        [false, _, false] -> []
    end.

has_name(Beam, Name) ->
    is_binary(Beam) andalso binary:match(Beam, Name) =/= nomatch.

%% [{Module, Functions, Pids}]: the processes in states for which the new code has no function. Modules:
%% [{Module, {Beam, Exports}, {NewBeam, NewExports}}].
lost_states(Modules, Converted, Passing, C) ->
    [Row || {Module, {_, Exports} = Before, {_, Later} = After} <- Modules,
            [_ | _] = Arities <- [of_states(Before)], of_states(After) =/= [],
            %% The states of a machine that changes its mode are compared when it is converted.
            of_states(After) =:= Arities orelse not lists:member(Module, Converted),
            Row <- lost_states(Module, [F || {_, A} = F <- Exports -- Later, lists:member(A, Arities)],
                               Arities =:= [4], lists:member(Module, Converted),
                               lists:member(Module, Passing), C)].

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

%% The state machines that were converted, to a state for which the new code has no function. (In a downgrade
%% that comes later.)
check_machines(Pids, #{suspended := Suspended, stranded := Policy, code := Code} = C) ->
    Machines = [{Module, After, Of}
                || {Module, Of} <- maps:to_list(Suspended), is_atom(Module),
                   {_, New} <- [maps:get(Module, Code, none)], has_name(New, <<"callback_mode">>),
                   After <- [part(New, exports)], of_states({New, After}) =:= [3]],
    report_lost([{Module, [{Name, 3}], [Pid]}
                 || {Module, After, Of} <- Machines,
                    {Pid, {Name, _}} <- states_now(ordsets:intersection(lists:usort(Of), Pids), C),
                    not lists:member({Name, 3}, After)], Policy, C).

%% #{Module => Mode} of those that are state machines, by the code that is loaded.
callback_modes(Modules, C) ->
    maps:from_list([{Module, hook(Module, callback_mode, [], C)}
                    || Module <- lists:usort(Modules), erlang:function_exported(Module, callback_mode, 0)]).

%% [{Pid, Module, Extra, Mode}]: the callback modes with which a downgrade leaves the machines. Jobs:
%% [{Module, Vsn, Extra, Pids}].
noted_modes(up, _, _) ->
    [];
noted_modes(down, Jobs, C) ->
    Modes = callback_modes(column(1, Jobs), C),
    [{Pid, Module, Extra, Mode}
     || {Module, _, Extra, Pids} <- Jobs, #{Module := Mode} <- [Modes], Pid <- Pids].

%% Has those of the processes that have another callback mode than the code that is loaded now ask for it.
ask_modes(_, #{modes := []} = C) ->
    C;
ask_modes(Pids, #{modes := Noted} = C) ->
    Now = callback_modes(column(2, Noted), C),
    Other = [{Pid, Module, Extra, {mode, Mode}}
             || {Pid, Module, Extra, Mode} <- Noted, lists:member(Pid, Pids),
                maps:get(Module, Now, Mode) =/= Mode, is_process_alive(Pid)],
    States = [{Pid, State} || {Pid, {reply, {ok, State}}} <- current_states(column(1, Other), C)],
    journal(processes, {asked_modes, [{Pid, Module, Extra, {mode, maps:get(Module, Now)}}
                                      || {Pid, Module, Extra, _} <- Other]}),
    Failed = [[process(Pid, C), ": ", reply(Reply)] || {Pid, Reply} <- change_code(Other, C)],
    Failed =:= [] orelse fail("the callback mode of the version before stays, because code_change of the"
                              " version to come failed: ~ts", [lists:join("; ", Failed)]),
    case replace_states(States, C) of
        [] -> C#{modes := [Row || {Pid, _, _, _} = Row <- Noted, not lists:member(Pid, Pids)]};
        Left -> fail("~ts", [lists:join("; ", Left)])
    end.

%% [{Pid, Reply}] of those that failed.
change_code(Jobs, C) ->
    Requests = [{Pid, {change_code, Module, undefined, Extra}} || {Pid, Module, Extra, _} <- Jobs],
    failures(ask(Requests, standard, C)).
