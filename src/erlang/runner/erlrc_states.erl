%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Ends an upgrade that would leave processes with states that the new code cannot have (erlrc_shape).
-module(erlrc_states).
-export([check_converted_states/2, check_kept_states/2, check_redefined/3, check_unconverted_states/4]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_shape, [own_parts/2, states_now/2, unconverted_states/3, unfit_states/3]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).
-import(erlrc_tree, [column/2]).

check_converted_states(_, #{unfit := {[], _}}) ->
    ok;
check_converted_states(Pids, #{unfit := {Unfit, Policy}, suspended := Suspended} = C) ->
    Running = [Row || {Module, _} = Row <- maps:to_list(Suspended), is_atom(Module)],
    report_unfit(unfit_states(states_now(Pids, C), Unfit, Running), Policy,
                 "code_change has not converted states: ~ts", C).

check_unconverted_states(Unfit, Converted, Policy, #{reached := Reached} = C) ->
    report_unfit(unconverted_states(Unfit, {Converted, Reached}, C), Policy,
                 "nothing converts states: ~ts", C).

%% The processes of these modules keep their states, in which there may be records whose fields are others
%% now, as many as before. Redefined: [{Module, [{Name, Fields, NewFields}]}].
check_redefined([], _, _) ->
    ok;
check_redefined(Redefined, Policy, C) ->
    Pids = lists:usort(lists:append(column(2, of_modules(column(1, Redefined), C)))),
    report_redefined(states_now(Pids, C), Redefined, Policy, "nothing converts states: ~ts", C).

%% The same for processes that were converted, as far as their states are those of before. A big one is not
%% compared.
check_kept_states(_, #{redefined := {[], _}}) ->
    ok;
check_kept_states(Before, #{redefined := {Redefined, Policy}} = C) ->
    Kept = [Row || {Pid, State} <- Before, lists:keymember(Pid, 1, of_redefined([{Pid, State}], Redefined)),
                   Row <- states_now([Pid], C), Row =:= {Pid, State}],
    report_redefined(Kept, Redefined, Policy, "code_change has not converted states: ~ts", C).

%% The same fields in another order are certain to be taken for each other. Others may be the same by new
%% names.
report_redefined(States, Redefined, Policy, Format, C) ->
    IsMoved = fun({_, _, Before, After}) -> lists:sort(Before) =:= lists:sort(After) end,
    {Moved, Renamed} = lists:partition(IsMoved, of_redefined(States, Redefined)),
    report_unfit(fields_of(Renamed), report, "states are kept whose fields have other names: ~ts", C),
    report_unfit(fields_of(Moved), Policy, Format, C).

%% [{Pid, Module, Fields, NewFields}]
of_redefined(States, Redefined) ->
    [{Pid, Module, Before, After}
     || {Pid, State} <- States, {Module, Part} <- own_parts(Pid, State), is_tuple(Part), tuple_size(Part) > 0,
        {Same, Records} <- Redefined, Same =:= Module, {Name, Before, After} <- Records,
        Name =:= element(1, Part), tuple_size(Part) =:= length(Before) + 1, reads_wrong(Part, Before, After)].

%% Not if the fields that have other places have the same value.
reads_wrong(Record, Before, After) ->
    [_ | Values] = tuple_to_list(Record),
    Known = maps:from_list(lists:zip(Before, Values)),
    [maps:get(Field, Known, none) || Field <- After] =/= Values.

fields_of(Found) ->
    [{Pid, Module, io_lib:format("~ts, whose fields ~ts are ~ts in the new code",
                                 [module_name(Module), names(Before), names(After)])}
     || {Pid, Module, Before, After} <- Found].

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
