%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Starts applications, each as soon as those that it needs run, and side by side where it can be. Each is a plan of its
%% own for the runner of hot operations: all of its steps are done, or none.
-module(erlrc_starts).
-export([run/2]).

%% Starts are maps of the planner: app, vsn, needs, included, ebins, steps. Options: `sequential', `limit' (milliseconds for each
%% application) and `tell', a function that hears {starting, App} and {started, App, Vsn, Microseconds, Beside}, where
%% Beside are those that were starting at the same time. The result is [{Reason, Text}] for those that are not started.
run(Starts, Options) ->
    advance(Starts, #{options => Options, running => #{}, done => #{}, failed => []}).

%% The starts that are left, in an order in which they can be done one by one.
advance(Starts, #{failed := Failed} = S) ->
    Missing = [App || {App, _, _} <- Failed],
    case [Start || #{needs := Needs} = Start <- Starts, lists:any(fun(App) -> lists:member(App, Missing) end, Needs)] of
        [] -> begin_ready(Starts, S);
        Lost -> advance(Starts -- Lost, S#{failed := lists:reverse([lost(Start, Missing) || Start <- Lost]) ++ Failed})
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

start(#{app := App, ebins := Ebins, steps := Steps} = Start, #{options := #{limit := Limit, tell := Tell}, running := Running} = S) ->
    Tell({starting, App}),
    %% Each of its modules is looked for in all directories before, which takes longer than all else.
    _ = [code:add_patha(Ebin) || Ebin <- Ebins],
    Ref = make_ref(),
    Plan = #{steps => Steps, limit => Limit, hold => false, part => true},
    {_, Monitor} = spawn_monitor(erlrc_runner, main, [Plan, self(), Ref]),
    Others = [Other || {#{app := Other}, _, _, _} <- maps:values(Running)],
    Beside = maps:map(fun(_, {S1, M1, B1, Apps}) -> {S1, M1, B1, [App | Apps]} end, Running),
    S#{running := Beside#{Ref => {Start, Monitor, erlang:monotonic_time(), Others}}}.

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

ended(Ref, Result, Starts, #{options := #{tell := Tell}, running := Running, done := Done, failed := Failed} = S) ->
    {{#{app := App, vsn := Vsn} = Start, Monitor, Began, Beside}, Rest} = maps:take(Ref, Running),
    demonitor(Monitor, [flush]),
    case Result of
        {done, _, _, _} ->
            Tell({started, App, Vsn, erlrc_call:us_since(Began), lists:reverse(Beside)}),
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
               _ -> erlrc_text:text("~ts; not undone: ~0tp", [Why, Left])
           end,
    {App, {Kind, App, Text}, Text}.

lost(#{app := App, needs := Needs}, Missing) ->
    Lost = [Need || Need <- Needs, lists:member(Need, Missing)],
    {App, {not_started, App, Lost}, erlrc_text:text("~ts needs ~ts", [App, lists:join(", ", [atom_to_list(L) || L <- Lost])])}.
