%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Starts the applications that the packages declare: `erl -boot start_sasl -s erlrc_boot boot'.
%%
%% The program erlrc-boot plans (erlrc_planner), from what this node is and what lies on its code path; the
%% runner of hot operations runs the plan (erlrc_starts). This module reports: to the caller, the log and, in
%% the foreground, the program that started the node (erlrc_watcher).
%%
%% Parameters of the application erlrc: `sequential' (one application after the other), `timeout' (seconds
%% that one, or the plan, may take, infinity), `root_dir' (instead of /etc/erlrc.d, if ERLRC_ROOT is not set),
%% `planner' (the program) and `watcher' (the file descriptors to the program that started the node).
-module(erlrc_boot).
-export([boot/0, send_question/0]).

%% `ok', {error, Reason}, or {error, {several, [Reason]}} if several applications are not started. Reason is
%% one of
%%   {circular_dependency, App, [App]}          each needs or includes the next
%%   {dependency_included, App, Dependency, IncludedBy}
%%   {duplicate_included, App, One, Other}
%%   {appspec_file_not_found, Name}
%%   {appspec_file_parse_error, File, Text}
%%   {bad_start_type, File, Text}
%%   {load_failed, App, Text}, {start_failed, App, Text}
%%   {not_started, App, Needs}                  because those it needs are not started
%% or, if nothing at all is started,
%%   {app_dir_unreadable, Dir, Posix}
%%   {planner_failed, Program, Text}
-spec boot() -> ok | {error, term()}.
boot() ->
    Path = code:get_path(),
    _ = code:add_patha(filename:dirname(code:which(?MODULE))),
    _ = application:load(erlrc),
    Watcher = erlrc_watcher:start(),
    Boot = fun() -> exit({booted, boot(Watcher)}) end,
    {Pid, Monitor} = spawn_monitor(Boot),
    {Problems, Ebins} = receive
                            {'DOWN', Monitor, process, Pid, {booted, Found}} -> Found;
                            {'DOWN', Monitor, process, Pid, Reason} ->
                                {report([{{boot_failed, Reason}, "the boot failed"}], Watcher), []}
                        end,
    restore(Path, Ebins),
    erlrc_watcher:send(Watcher, booted),
    erlrc_notify:booted([Text || {_, Text} <- Problems]),
    case [Reason || {Reason, _} <- Problems] of
        [] -> ok;
        [One] -> {error, One};
        All -> {error, {several, All}}
    end.

%% {[{Reason, Text}], [Ebin]}: the problems, and the directories of what was to be started.
boot(Watcher) ->
    %% Hot operations wait until the node is in sync with the packages.
    ok = erlrc_turn:take_turn(#{deadline => erlang:monotonic_time(millisecond) + limit()}),
    case erlrc_planner:plan(limit()) of
        {plan, #{starts := Starts, problems := Known}} ->
            erlrc_watcher:send(Watcher, {planned, length(Starts)}),
            Options = #{sequential => application:get_env(erlrc, sequential, false), limit => limit(),
                        report => fun(Event) -> erlrc_watcher:send(Watcher, Event) end},
            {Microseconds, Failed} = timer:tc(erlrc_starts, run, [Starts, Options]),
            logger:info("erlrc_boot: ~b of ~b applications started in ~.3f s",
                        [length(Starts) - length(Failed), length(Starts), Microseconds / 1000000]),
            {report(Known ++ Failed, Watcher), [Ebin || #{ebins := Ebins} <- Starts, Ebin <- Ebins]};
        {error, Reason, Text} ->
            {report([{Reason, Text}], Watcher), []}
    end.

%% The order of the code path, unless an application has changed more than that. The directories that packages
%% declare, and that were not in it, stay at its end.
restore(Path, Ebins) ->
    Now = code:get_path(),
    New = Path ++ [Ebin || Ebin <- Ebins, lists:member(Ebin, Now), not lists:member(Ebin, Path)],
    lists:sort(New) =:= lists:sort(Now) andalso code:set_path(New).

report(Problems, Watcher) ->
    lists:foreach(fun({Reason, Text}) ->
                          logger:error("erlrc_boot: ~ts", [Text],
                                       #{error_logger => #{tag => error_report, type => erlrc_boot_failed}}),
                          erlrc_watcher:send(Watcher, {problem, Reason, Text})
                  end, Problems),
    Problems.

%% At most what fits into a timer.
limit() ->
    case application:get_env(erlrc, timeout, infinity) of
        infinity -> 16#7fffffff;
        Seconds -> min(round(Seconds * 1000), 16#7fffffff)
    end.

%% For a program that plans without a boot: sends it the question for the planner, and ends the node.
send_question() ->
    _ = application:load(erlrc),
    ok = erlrc_watcher:send_at_once(erlrc_watcher:start(), {question, erlrc_planner:question()}),
    erlang:halt(0).
