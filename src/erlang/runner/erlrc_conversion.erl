%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The conversion of states by code_change, as far as it can be made ready before any process waits for it.
-module(erlrc_conversion).
-export([ask_ready/1, make_ready/2, ready/2, ready_states/2]).
-import(erlrc_once, [once/1]).
-import(erlrc_kept, [ask_states/1]).
-import(erlrc_sys, [returned_states/3]).

%% What the step convert_processes will do if it comes with these processes suspended: {Step, Items, Jobs,
%% Concerned, Requests, Pids, Sent}. Items and Jobs are for the journal, Concerned will get the Requests, and
%% Pids are asked for their states before that; Sent are these requests, or none.
make_ready(none, _) ->
    none;
make_ready({convert_processes, Mode, Changes} = Step, C) ->
    #{suspended := Suspended, vsns := Vsns, skipped := Skipped} = C,
    %% up: the version that runs, as in its attribute; down: the one that will run, which the planner read.
    Items = [{Module, case Mode of
                          up -> maps:get(Module, Vsns, undefined);
                          down -> {down, DownVsn}
                      end, Extra} || {Module, Extra, DownVsn} <- Changes],
    Jobs = once([{Module, Vsn, Extra, maps:get(Module, Suspended, []) -- Skipped}
                 || {Module, Vsn, Extra} <- Items]),
    Concerned = lists:append([Pids || {_, _, _, Pids} <- Jobs]),
    Requests = [lists:duplicate(length(Pids), {change_code, Module, Vsn, Extra})
                || {Module, Vsn, Extra, Pids} <- Jobs],
    {Step, Items, Jobs, Concerned, lists:append(Requests), lists:usort(Concerned), none}.

ready(Step, #{ready := Ready}) when element(1, Ready) =:= Step -> Ready;
ready(Step, C) -> make_ready(Step, C).

%% A script may switch some modules, do something else, and switch others: the first time they were asked for
%% all.
ask_ready({_, _, _, _, _, Pids, none} = Ready) -> setelement(7, Ready, ask_states(Pids));
ask_ready(Ready) -> Ready.

ready_states({_, _, _, _, _, Pids, none}, C) -> returned_states(Pids, ask_states(Pids), C);
ready_states({_, _, _, _, _, Pids, Sent}, C) -> returned_states(Pids, Sent, C).
