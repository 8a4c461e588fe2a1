%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Does the steps of a plan one after the other, and rolls back what they did if one fails.
-module(erlrc_run).
-export([ended/1, failed/4, run/2]).
-import(erlrc_app, [has_ended/2]).
-import(erlrc_journal, [is_touched/0, recall/1]).
-import(erlrc_rollback, [roll_back/1]).
-import(erlrc_step, [step/3]).
-import(erlrc_sys, [suspended_us/0]).
-import(erlrc_text, [exception/3, fail/2, text/2]).

%% {Result, C}
run(Steps, C) ->
    case steps(Steps, 0, [], C) of
        {done, Times, Final} ->
            case ended(Final) of
                none -> {{done, times(Times), suspended_us(), remarks()}, Final};
                Why -> {failed(length(Steps), Why, times(Times), Final), Final}
            end;
        {failed, N, Why, Times, Last} ->
            {failed(N, Why, times(Times), Last), Last}
    end.

failed(N, Why, Times, C) ->
    Touched = is_touched(),
    Left = roll_back(C),
    {failed, N, Why, Touched, Left, Times, suspended_us(), remarks()}.

remarks() ->
    lists:reverse(recall(remarks)).

%% The application may crash under its new code as soon as a process resumes.
ended(#{stays := {App, _}} = C) ->
    case has_ended(App, C) of true -> text("~ts: runs no longer", [App]); false -> none end;
ended(_) ->
    none.

steps([], _, Times, C) ->
    {done, Times, C};
steps([Step | Rest], N, Times, #{deadline := Deadline} = C) ->
    Began = erlang:monotonic_time(),
    Result = try
                 erlang:monotonic_time(millisecond) < Deadline orelse fail("the time limit is over", []),
                 {ok, step(do, Step, C)}
             catch
                 throw:{fail, Why} -> {failed, Why};
                 Class:Reason:Stack -> {failed, exception(Class, Reason, Stack)}
             end,
    Now = [{N, erlang:monotonic_time() - Began} | Times],
    case Result of
        {ok, NewC} -> steps(Rest, N + 1, Now, NewC);
        {failed, Text} -> {failed, N, Text, Now, C}
    end.

times(Times) ->
    [{N, erlang:convert_time_unit(Time, native, microsecond)} || {N, Time} <- lists:reverse(Times)].
