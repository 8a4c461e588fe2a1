%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Children that run, and that their supervisors could not start again: the function that they would call is
%% gone, since they were started by supervisor:start_child/2 or by an earlier init/1. One crash ends the
%% supervisor. (If another application has the module now, it is loaded again.)
-module(erlrc_lost_starts).
-export([name_lost_starts/2]).
-import(erlrc_journal, [recall/1, remark/2]).
-import(erlrc_supervisor, [children/1, is_of_supervisor/1]).
-import(erlrc_sys, [ask/3]).
-import(erlrc_text, [module_name/1, processes/2]).
-import(erlrc_tree, [column/2]).

%% In words. The state of a bigger one is not copied.
-define(big, 1000000).

name_lost_starts(Lost, C) ->
    Supervisors = [Pid || Pid <- column(1, recall(supervisors)),
                          {_, Words} <- [process_info(Pid, total_heap_size)], Words < ?big],
    States = ask([{Pid, get_state} || Pid <- Supervisors], 1000, C),
    Starts = [{Start, Child} || {_, {reply, {ok, State}}} <- States, is_of_supervisor(State),
                                {Start, Child} <- kept_starts(State)],
    [remark("~p children could not be started again, because ~ts:~ts/~p is gone: ~ts",
            [length(Pids), module_name(M), F, A, processes(lists:sublist(Pids, 3), C)])
     || {M, F, A} = Start <- Lost, not erlang:function_exported(M, F, A),
        [_ | _] = Pids <- [[Pid || {Same, Pid} <- Starts, Same =:= Start]]].

%% [{{M, F, A}, Pid}] of the children that would be started again: those of simple_one_for_one with all the
%% arguments that they were started with.
kept_starts(State) ->
    case {element(3, State), element(5, State)} of
        {simple_one_for_one, {maps, Dynamics}} ->
            [{{M, F, length(Args)}, Pid}
             || {_, _, {M, F, _}, Restart} <- children(State), Restart =/= temporary,
                {Pid, Args} <- maps:to_list(Dynamics), is_pid(Pid), is_list(Args)];
        _ ->
            [{{M, F, length(Args)}, Pid} || {_, Pid, {M, F, Args}, Restart} <- children(State),
                                            is_pid(Pid), Restart =/= temporary, is_list(Args)]
    end.
