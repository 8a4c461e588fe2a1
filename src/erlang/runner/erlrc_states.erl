%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Ends an upgrade that would leave processes with states that the new code cannot have (erlrc_shape).
-module(erlrc_states).
-export([check_converted_states/2, check_unconverted_states/4]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_shape, [states_now/2, unconverted_states/3, unfit_states/2]).
-import(erlrc_text, [fail/2, processes/2]).

check_converted_states(_, #{unfit := {[], _}}) ->
    ok;
check_converted_states(Pids, #{unfit := {Unfit, Policy}} = C) ->
    report_unfit(unfit_states(states_now(Pids, C), Unfit), Policy, "code_change has not converted states: ~ts", C).

check_unconverted_states(Unfit, Converted, Policy, #{reached := Reached} = C) ->
    report_unfit(unconverted_states(Unfit, {Converted, Reached}, C), Policy,
                 "nothing converts states: ~ts", C).

report_unfit([], _, _, _) -> ok;
report_unfit(Found, refuse, Format, C) -> fail(Format, [listed(Found, C)]);
report_unfit(Found, report, Format, C) -> remark(Format, [listed(Found, C)]).

%% Processes of one module are alike.
listed(Found, C) ->
    Reasons = lists:usort([unicode:characters_to_binary(Why) || {_, _, Why} <- Found]),
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, _, Why} <- Found, unicode:characters_to_binary(Why) =:= Reason],
                          [integer_to_list(length(Pids)), " of ", Reason, ": ",
                           processes(lists:sublist(Pids, 3), C),
                           case length(Pids) > 3 of true -> ", .."; false -> "" end]
                      end || Reason <- Reasons]).
