%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Which children the supervisors of an upgrade will stop and start, named before anything changes.
-module(erlrc_foresee).
-export([foresee_children/2]).
-import(erlrc_children, [moved/1, same_starts/2, starts/1]).
-import(erlrc_init, [init_later/2, starter_name/1]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_supervisor, [children/1, has_children/1]).
-import(erlrc_text, [short_name/1]).

%% Compares what init/1 returned with what that of the new code would return now.
foresee_children(Noted, C) ->
    Compared = [{Row, foreseen(Row, init_later(Row, C))}
                || #{state := State} = Row <- Noted, has_children(State)],
    [remark("supervisor ~ts: which children it will stop and start is not known before,"
            " because of ~ts in ~ts", [short_name(Pid), Why, starter_name(Row)])
     || {#{pid := Pid} = Row, {unknown, Why}} <- Compared],
    Changes = [Change || {_, {_, _, _, _} = Change} <- Compared],
    [remark("supervisor ~ts: will ~ts", [short_name(Pid), lists:join(" and ", Parts)])
     || {Pid, Gone, New, _} <- Changes,
        Parts <- [[[Verb, " ", ids(Children)] || {Verb, Children} <- [{"stop", Gone}, {"start", New}],
                                                 Children =/= []]],
        Parts =/= []],
    [remark("child ~0tp of ~ts: moves to ~ts: stopped and started again, and its state is lost",
            [Id, short_name(From), short_name(To)]) || {From, Id, To} <- moved(Changes)],
    ok.

%% As in change_children/2: {Pid, [{Id, Pid, Start, Restart}] that run and are gone, [{Id, Start}] that are
%% new, []}, or {unknown, Why}.
foreseen(_, {unknown, _} = Unknown) ->
    Unknown;
foreseen(#{pid := Pid, specs := Old, state := State}, New) ->
    case {starts(Old), starts(New)} of
        {Before, After} when is_list(Before), is_list(After) ->
            Missing = [Child || {Id, _} = Child <- Before, not lists:keymember(Id, 1, After)],
            Added = [Child || {Id, _} = Child <- After, not lists:keymember(Id, 1, Before)],
            {Olds, News} = lists:unzip(same_starts(Added, Missing)),
            {Pid, [Child || {Id, Running, _, _} = Child <- children(State), is_pid(Running),
                            lists:keymember(Id, 1, Missing), not lists:member(Id, Olds)],
             [Child || {Id, _} = Child <- Added, not lists:member(Id, News)], []};
        _ ->
            {unknown, "what it does"}
    end.

ids(Children) ->
    lists:join(", ", [io_lib:format("~0tp", [element(1, Child)]) || Child <- Children]).
