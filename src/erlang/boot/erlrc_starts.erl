%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Starts applications, each as soon as those that it needs run, and side by side where it can be. Each is a
%% plan of its own for the runner of hot operations: all of its steps are done, or none.
-module(erlrc_starts).
-export([run/2]).

%% Starts are maps of the planner: app, vsn, needs, included, ebins, steps. Options: `sequential', `limit'
%% (milliseconds for each application) and `report', a function that is called with {starting, App} and
%% {started, App, Vsn, Microseconds, Others}, where Others were starting at the same time. The result is
%% [{Reason, Text}] for those that are not started.
run(Starts, Options) ->
    advance(Starts, #{options => Options, running => #{}, done => #{}, failed => []}).

%% The starts that are left, in an order in which they can be done one by one.
advance(Starts, #{failed := Failed} = S) ->
    Missing = [App || {App, _, _} <- Failed],
    IsMissing = fun(App) -> lists:member(App, Missing) end,
    case [Start || #{needs := Needs} = Start <- Starts, lists:any(IsMissing, Needs)] of
        [] ->
            begin_ready(Starts, S);
        Lost ->
            Reasons = [lost(Start, Missing) || Start <- Lost],
            advance(Starts -- Lost, S#{failed := lists:reverse(Reasons) ++ Failed})
    end.

begin_ready(Starts, S) ->
    Ready = ready(Starts, S),
    await(Starts -- Ready, lists:foldl(fun start/2, S, Ready)).

ready([First | _], #{options := #{sequential := true}, running := Running}) ->
    case map_size(Running) of
        0 -> [First];
        _ -> []
    end;
ready(Starts, #{done := Done}) ->
    [Start || #{needs := Needs} = Start <- Starts, lists:all(fun(App) -> is_map_key(App, Done) end, Needs)].

start(#{app := App, ebins := Ebins, steps := Steps} = Start, #{options := Options, running := Running} = S) ->
    #{limit := Limit, report := Report} = Options,
    Report({starting, App}),
    %% Each of its modules is looked for in all directories before, which takes longer than all else.
    _ = [code:add_patha(Ebin) || Ebin <- Ebins],
    Ref = make_ref(),
    Plan = #{steps => Steps, limit => Limit, prepare => false, part => true},
    {_, Monitor} = spawn_monitor(erlrc_runner, main, [Plan, self(), Ref]),
    Others = [Other || {#{app := Other}, _, _, _} <- maps:values(Running)],
    SideBySide = maps:map(fun(_, {S1, M1, B1, Apps}) -> {S1, M1, B1, [App | Apps]} end, Running),
    S#{running := SideBySide#{Ref => {Start, Monitor, erlang:monotonic_time(), Others}}}.

await([], #{running := Running, failed := Failed}) when map_size(Running) =:= 0 ->
    [{Reason, Text} || {_, Reason, Text} <- lists:reverse(Failed)];
await(Starts, #{running := Running} = S) ->
    receive
        {Ref, Result} when is_map_key(Ref, Running) ->
            ended(Ref, Result, Starts, S);
        {'DOWN', Monitor, process, _, Reason} ->
            %% The runner itself failed.
            [Ref] = [Ref || {Ref, {_, M, _, _}} <- maps:to_list(Running), M =:= Monitor],
            ended(Ref, {failed, 0, erlrc_text:text("~0tP", [Reason, 25]), true, [], [], 0, []}, Starts, S)
    end.

ended(Ref, Result, Starts, #{running := Running, done := Done, failed := Failed} = S) ->
    #{options := #{report := Report}} = S,
    {{#{app := App, vsn := Vsn} = Start, Monitor, Began, Others}, Rest} = maps:take(Ref, Running),
    demonitor(Monitor, [flush]),
    case Result of
        {done, _, _, _} ->
            Report({started, App, Vsn, erlrc_call:us_since(Began), lists:reverse(Others)}),
            advance(Starts, S#{running := Rest, done := Done#{App => true}});
        {failed, N, Why, _, Left, _, _, _} ->
            advance(Starts, S#{running := Rest, failed := [failure(Start, N, Why, Left) | Failed]})
    end.

failure(#{app := App, steps := Steps}, N, Why, Left) ->
    Kind = case lists:nth(N + 1, Steps) of
               {apps, {start_app, _, _}} -> start_failed;
               _ -> load_failed
           end,
    Text = case Left of
               [] -> Why;
               _ -> erlrc_text:text("~ts; not rolled back: ~0tp", [Why, Left])
           end,
    {App, {Kind, App, Text}, Text}.

lost(#{app := App, needs := Needs}, Missing) ->
    Lost = [Need || Need <- Needs, lists:member(Need, Missing)],
    Names = lists:join(", ", [atom_to_list(Each) || Each <- Lost]),
    {App, {not_started, App, Lost}, erlrc_text:text("~ts needs ~ts", [App, Names])}.
