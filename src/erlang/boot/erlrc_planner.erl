%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Asks the native planner what to start (src/tools/boot.cpp).
-module(erlrc_planner).
-export([plan/1, question/0]).

%% It reads a few dozen files.
-define(TIME, 60000).

%% {plan, #{starts, problems}} | {error, Reason, Text}. Limit is the time in milliseconds that the caller has.
plan(Limit) ->
    case program() of
        {ok, Program} ->
            try open_port({spawn_executable, Program},
                          [{packet, 4}, binary, exit_status, use_stdio, {args, ["--plan"]},
                           {env, environment()}]) of
                Port ->
                    %% It may have ended already. Then its exit status comes instead of an answer, or, if it
                    %% ended while the question was written, nothing but the end of the port (epipe).
                    Monitor = monitor(port, Port),
                    unlink(Port),
                    try port_command(Port, term_to_binary(question())) catch error:badarg -> ok end,
                    %% Modules that will be needed, while the planner is at work.
                    _ = code:ensure_modules_loaded([erlrc_starts, erlrc_runner, erlrc_run, erlrc_step,
                                                    erlrc_app_steps, erlrc_path_steps, erlrc_code_steps,
                                                    erlrc_app, erlrc_call, erlrc_code, erlrc_journal,
                                                    erlrc_path, erlrc_sys, erlrc_text, erpc]),
                    answer(Port, Monitor, Program, min(Limit, ?TIME))
            catch
                error:Reason -> failed(Program, io_lib:format("~0tp", [Reason]))
            end;
        {missing, Program} ->
            failed(Program, "there is no such program")
    end.

answer(Port, Monitor, Program, Time) ->
    receive
        {Port, {data, Bytes}} ->
            close(Port, Monitor),
            try binary_to_term(Bytes)
            catch error:badarg -> failed(Program, "its answer is not a term")
            end;
        {Port, {exit_status, Status}} ->
            close(Port, Monitor),
            failed(Program, io_lib:format("it ended with exit status ~b and no answer", [Status]));
        {'DOWN', Monitor, port, Port, _} ->
            failed(Program, "it ended with no answer")
    after Time ->
        close(Port, Monitor),
        failed(Program, io_lib:format("it does not answer within ~.1f s", [Time / 1000]))
    end.

%% Its exit status may come before its end is asked for, or after.
close(Port, Monitor) ->
    demonitor(Monitor, [flush]),
    try port_close(Port) catch error:badarg -> ok end,
    receive {Port, {exit_status, _}} -> ok after 0 -> ok end.

failed(Program, Why) ->
    Text = unicode:characters_to_binary(Why),
    {error, {planner_failed, Program, Text},
     unicode:characters_to_binary(["the planner ", Program, ": ", Text, "; nothing was started"])}.

%% The parameter, else where the build installed it, else wherever the shell would find it.
program() ->
    {ok, Planner} = application:get_env(erlrc, planner),
    case filelib:is_regular(Planner) orelse os:find_executable(filename:basename(Planner)) of
        true -> {ok, Planner};
        false -> {missing, Planner};
        Found -> {ok, Found}
    end.

environment() ->
    case {os:getenv("ERLRC_ROOT", ""), application:get_env(erlrc, root_dir)} of
        {"", {ok, Dir}} -> [{"ERLRC_ROOT", Dir}];
        _ -> []
    end.

%% What hot operations observe, and what else matters to a boot.
question() ->
    Ref = make_ref(),
    _ = erlrc_observe:main({[], []}, self(), Ref),
    #{info := Info} = Known = receive {Ref, Observed} -> Observed end,
    Loaded = [App || {App, _, _} <- proplists:get_value(loaded, Info)],
    Keys = fun(Key) -> [application:get_key(App, Key) || App <- Loaded] end,
    Known#{applications => Keys(applications), optional => Keys(optional_applications),
           path => [filename:absname(Dir) || Dir <- code:get_path()], mode => code:get_mode()}.
