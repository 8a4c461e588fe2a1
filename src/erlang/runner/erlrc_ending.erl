%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What a plan stops: such processes keep no state for the new code.
-module(erlrc_ending).
-export([calls_hooks/1, loses_states/1, may_stop/1, outliving/2, removes/1, starts_apps/1,
         starts_children/1]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_tree, [column/2]).

%% Whether some step may stop processes before the last checks: then only these show which are left.
may_stop(Steps) ->
    {Apps, Modules} = loses_states(Steps),
    Apps ++ Modules =/= [] orelse lists:keymember(calls, 1, Steps)
        orelse starts_children(Steps).

%% Whether supervisors change their children.
starts_children(Steps) ->
    lists:member({children, change_children}, Steps).

%% Whether the appup or the application has something called, which may do anything.
calls_hooks(Steps) ->
    [Call || {calls, Call} <- Steps] =/= [].

%% {Apps, Modules}: the applications that are stopped, and the modules whose processes are.
loses_states(Steps) ->
    {[App || {_, {stop_app, App}} <- Steps],
     lists:append([Modules || {_, {terminate_processes, _, Modules}} <- Steps])}.

starts_apps(Steps) ->
    [App || {apps, Step} <- Steps, is_tuple(Step), App <- [element(2, Step)],
            lists:member(element(1, Step), [start_needed, start_app, load_app])] =/= [].

%% The modules that a plan removes, unless it is one of several (a forecast's) and another one brings them.
removes(Steps) ->
    Kept = lists:append([proplists:get_value(modules, Keys, [])
                         || {apps, {change_app, _, _, {application, _, Keys}}} <- Steps]),
    [Module || {code, {remove_module, _, Module}} <- Steps, not lists:member(Module, Kept)]
        ++ [Module || {calls, {eval_script, _, Script, _, _, _}} <- Steps,
                      {remove, {Module, _, _}} <- Script, not lists:member(Module, Kept)].

%% Returns those of Pids that the plan does not stop. With an application all processes end whose group leader
%% is its master.
outliving(Pids, #{loses_states := {[], []}}) ->
    Pids;
outliving(Pids, #{loses_states := {Apps, Modules}} = C) ->
    Masters = [application_controller:get_master(App) || App <- Apps],
    Running = case Modules of
                  [] -> [];
                  _ -> lists:append(column(2, of_modules(Modules, C)))
              end,
    [Pid || Pid <- Pids -- Running, {_, Leader} <- [process_info(Pid, group_leader)],
            not lists:member(Leader, Masters)].
