%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Rolls a run back: undoes the entries of the journal, newest first, even if the undo of some of them fails.
%% Then it deals with processes that need the old code for their rollback, and with an application that has
%% ended.
-module(erlrc_rollback).
-export([roll_back/1]).
-import(erlrc_call, [now_ms/0]).
-import(erlrc_effects, [left_over/1]).
-import(erlrc_journal, [context/1, is_touched/0, journal/2, next_entry/0, recall/1]).
-import(erlrc_revive, [journal_stuck/1]).
-import(erlrc_step, [step/3]).
-import(erlrc_sys, [ask/3]).
-import(erlrc_text, [exception/3, text/2]).

%% The texts of what could not be rolled back. C is the context of the run when it failed.
roll_back(#{stays := Stays} = C) ->
    Touched = is_touched(),
    Until = now_ms() + 30000,
    OfJournal = undo_all([], Until, C),
    recall(stuck) =:= [] orelse journal_stuck(Until),
    OfStuck = undo_all(OfJournal, Until, C),
    case Stays of
        {App, Type} when Touched -> journal(apps, {stay_running, App, Type});
        _ -> ok
    end,
    AfterStuck = undo_all(OfStuck, Until, C),
    Left = lists:reverse(left_over(C)) ++ AfterStuck,
    _ = ask([{Pid, suspend} || Pid <- lists:usort(recall(asleep))], 1000, #{deadline => now_ms() + 1000}),
    lists:reverse(Left).

undo_all(Left, Until, C) ->
    case next_entry() of
        none -> Left;
        Entry -> undo_all(undo(Entry, Until, C) ++ Left, Until, C)
    end.

undo({_, What} = Entry, Until, #{nifs := Nifs, states_are_tagged := Tagged}) ->
    %% A process that does not answer must not take the time of all others.
    C = context(max(Until, now_ms() + 1000)),
    try step(undo, Entry, C#{nifs := Nifs, states_are_tagged := Tagged, trees_are_known := false}) of
        Left when is_list(Left) -> Left;
        _ -> []
    catch
        throw:{fail, Why} -> [Why];
        Class:Reason:Stack -> [text("undo of ~p: ~ts", [element(1, What), exception(Class, Reason, Stack)])]
    end.
