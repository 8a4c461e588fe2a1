%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Ends an upgrade that would leave processes with states that the new code cannot have (erlrc_shape).
-module(erlrc_states).
-export([check_awaited/2, check_converted_records/2, check_converted_states/2, check_kept_states/2,
         check_redefined/3, check_unconverted_states/4, names/1, read_wrong/3]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_ending, [outliving/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_later, [awaited/0, unexpected/2]).
-import(erlrc_record, [pattern/2, report_holders/5]).
-import(erlrc_known, [is_known/3]).
-import(erlrc_shape, [containing/2, own_parts/3, runs/1, states_now/2, unconverted_states/3, unfit_states/3]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).
-import(erlrc_tree, [column/2]).

check_converted_states(_, #{unfit := {[], _}}) ->
    ok;
check_converted_states(Pids, #{unfit := {Unfit, Policy}} = C) ->
    report_unfit(unfit_states(states_now(Pids, C), Unfit, suspended(C)), Policy,
                 "code_change has not converted states: ~ts", C).

suspended(#{suspended := Suspended}) ->
    [Row || {Module, _} = Row <- maps:to_list(Suspended), is_atom(Module)].

check_unconverted_states(Unfit, Converted, Policy, #{reached := Reached} = C) ->
    Found = unconverted_states(Unfit, {Converted, Reached}, C),
    Left = unexpected([{Pid, []} || {Pid, _, _} <- Found], C),
    report_unfit([Row || {Pid, _, _} = Row <- Found, lists:member(Pid, Left)], Policy,
                 "nothing converts states: ~ts", C).

%% The processes of these modules keep their states, in which there may be records whose fields are others
%% now, as many as before. Redefined: [{Module, [{Name, Fields, NewFields}]}].
check_redefined([], _, _) ->
    ok;
check_redefined(Redefined, Policy, C) ->
    Running = of_modules(column(1, Redefined), C),
    Pids = outliving(lists:usort(lists:append(column(2, Running))), C),
    report_redefined(of_redefined(states_now(Pids, C), Redefined, runs(Running)), Policy,
                     "nothing converts states: ~ts", C).

%% The same for processes that were converted, as far as their states are those of before. A big one is not
%% compared.
check_kept_states(_, #{redefined := {[], _}}) ->
    ok;
check_kept_states(Before, #{redefined := {Redefined, Policy}} = C) ->
    Found = of_redefined(Before, Redefined, runs(suspended(C))),
    Now = maps:from_list(states_now(lists:usort([Pid || {Pid, _, _, _, _} <- Found]), C)),
    Then = maps:from_list(Before),
    Kept = [Row || {Pid, _, _, _, _} = Row <- Found, maps:find(Pid, Now) =:= maps:find(Pid, Then)],
    report_redefined(Kept, Policy, "code_change has not converted states: ~ts", C).

%% The records of other modules in states that were converted: code_change may have converted its own record
%% only. Not those that the new code still matches.
check_converted_records(_, #{records := {[], _}}) ->
    ok;
check_converted_records(Pids, #{records := {Changed, Policy}} = C) ->
    Records = [{Module, Name, Size} || {Module, Name, Size, NewSize} <- Changed, NewSize =/= Size],
    Patterns = [pattern(Name, Size) || {_, Name, Size} <- Records],
    States = case Records of [] -> []; _ -> states_now(Pids, C) end,
    case containing(States, Patterns) of
        [] ->
            ok;
        Holding ->
            report_holders([Row || {_, Name, Size} = Row <- Records,
                                   not is_known(Name, Size, C)],
                           [{Pid, term_to_binary(State)} || {Pid, State} <- States,
                                                            lists:member(Pid, Holding)],
                           Policy, "code_change has not converted records: ~ts", C)
    end.

%% Processes that have waited for this conversion, since they keep records of an application that was upgraded
%% before.
check_awaited(Pids, #{redefined := {_, Policy}} = C) ->
    case [Row || {Pid, [_ | _]} = Row <- awaited(), lists:member(Pid, Pids)] of
        [] -> ok;
        Rows -> report_unfit(kept_records(Rows, maps:from_list(states_now(lists:usort(column(1, Rows)), C))),
                             Policy, "code_change has not converted states: ~ts", C)
    end.

kept_records(Rows, States) ->
    [{Pid, Module, io_lib:format("record ~ts of ~ts", [Name, module_name(Module)])}
     || {Pid, Records} <- Rows, {ok, State} <- [maps:find(Pid, States)],
        Encoded <- [term_to_binary(State)], {Module, Name, Size} <- Records,
        binary:match(Encoded, pattern(Name, Size)) =/= nomatch].

%% A field that has another place is certain to be taken for another. Where fields have only made place for
%% others, these may be the same by new names.
report_redefined(Found, Policy, Format, C) ->
    {Moved, Renamed} = lists:partition(fun({_, _, _, _, Fields}) -> lists:member(moved, Fields) end, Found),
    report_unfit(fields_of(Renamed), report, "states are kept whose fields have other names: ~ts", C),
    report_unfit(fields_of(Moved), Policy, Format, C).

%% [{Pid, Module, Fields, NewFields, [moved | renamed]}]
of_redefined(States, Redefined, Runs) ->
    [{Pid, Module, Before, After, Wrong}
     || {Pid, State} <- States, {Module, Part} <- own_parts(Pid, State, maps:get(Pid, Runs, [])),
        is_tuple(Part), tuple_size(Part) > 0, {Same, Records} <- Redefined, Same =:= Module,
        {Name, Before, After} <- Records, Name =:= element(1, Part), tuple_size(Part) =:= length(Before) + 1,
        [_ | _] = Wrong <- [read_wrong(Part, Before, After)]].

%% Not a field that has another place, but the value that is there.
read_wrong(Record, Before, After) ->
    [_ | Values] = tuple_to_list(Record),
    Known = maps:from_list(lists:zip(Before, Values)),
    [case Known of #{Field := _} -> moved; _ -> renamed end
     || {Field, Value} <- lists:zip(After, Values), maps:find(Field, Known) =/= {ok, Value}].

fields_of(Found) ->
    [{Pid, Module, io_lib:format("~ts, whose fields ~ts are ~ts in the new code",
                                 [module_name(Module), names(Before), names(After)])}
     || {Pid, Module, Before, After, _} <- Found].

names(Fields) ->
    lists:join(", ", [io_lib:format("~0tp", [Field]) || Field <- Fields]).

report_unfit([], _, _, _) -> ok;
report_unfit(Found, refuse, Format, C) -> fail(Format, [listed(Found, C)]);
report_unfit(Found, report, Format, C) -> remark(Format, [listed(Found, C)]).

%% Processes of one module are alike.
listed(Found, C) ->
    Reasons = lists:usort([unicode:characters_to_binary(Why) || {_, _, Why} <- Found]),
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, _, Why} <- Found,
                                         unicode:characters_to_binary(Why) =:= Reason],
                          [integer_to_list(length(Pids)), " of ", Reason, ": ",
                           processes(lists:sublist(Pids, 3), C),
                           case length(Pids) > 3 of true -> ", .."; false -> "" end]
                      end || Reason <- Reasons]).
