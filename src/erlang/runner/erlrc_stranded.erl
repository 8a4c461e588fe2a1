%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Processes that an upgrade hits though no instruction is for them. Those that are inside a module that changes go on in its
%% old code until they call it by its full name; those that a module handles messages for, and that wait, run its new code with
%% their next message. Both have the data that they had.
-module(erlrc_stranded).
-export([check_stranded/5]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).

%% As many calls as process_info tells of a stack at most; it tells 8 unless asked for more.
-define(depth, 64).

%% Pids: the processes that nothing converts.
check_stranded(Pids, Changing, Handling, Policy, C) ->
    Inside = maps:from_list([{Module, true} || Module <- Changing]),
    Waiting = maps:from_list([{Module, true} || Module <- Handling]),
    Depth = erlang:system_flag(backtrace_depth, ?depth),
    Found = try
                [Stranded || Pid <- Pids, Stranded <- stranded(Pid, Inside, Waiting)]
            after
                erlang:system_flag(backtrace_depth, Depth)
            end,
    Texts = [told(How, [{Pid, Module} || {H, Pid, Module} <- Found, H =:= How], C) || How <- ["in", "of"]],
    case {Texts, Policy} of
        {["", ""], _} -> ok;
        {_, refuse} -> fail("processes that nothing converts: ~ts", [lists:join("; ", [Text || Text <- Texts, Text =/= ""])]);
        {[In, Of], report} ->
            In =:= "" orelse remark("processes that nothing converts go on in the old code: ~ts", [In]),
            Of =:= "" orelse remark("processes that nothing converts run the new code with the state they have: ~ts", [Of])
    end.

%% [{"in" or "of", Pid, Module}]. Idle behaviours are inside of no module that changes, and are told from the function they
%% wait in, which is quicker than their whole stack.
stranded(Pid, Inside, Waiting) ->
    case process_info(Pid, current_function) of
        {current_function, {gen_server, loop, _}} -> waiting(Pid, Waiting);
        {current_function, {gen_statem, _, _}} -> waiting(Pid, Waiting);
        {current_function, {gen_event, _, _}} -> [];
        undefined -> [];
        _ ->
            case process_info(Pid, current_stacktrace) of
                {current_stacktrace, Stack} ->
                    case [M || {M, _, _, _} <- Stack, is_map_key(M, Inside)] of
                        [Module | _] -> [{"in", Pid, Module}];
                        [] -> waiting(Pid, Waiting)
                    end;
                undefined -> []
            end
    end.

%% The callback module of a behaviour is what its process was started with.
waiting(_, Waiting) when map_size(Waiting) =:= 0 ->
    [];
waiting(Pid, Waiting) ->
    case process_info(Pid, dictionary) of
        {dictionary, Dictionary} ->
            case lists:keyfind('$initial_call', 1, Dictionary) of
                {_, {supervisor, Module, 1}} when is_map_key(Module, Waiting) -> [{"of", Pid, Module}];
                {_, {Module, init, 1}} when is_map_key(Module, Waiting) -> [{"of", Pid, Module}];
                _ -> []
            end;
        undefined ->
            []
    end.

told(_, [], _) ->
    "";
told(How, Found, C) ->
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, M} <- Found, M =:= Module],
                          [integer_to_list(length(Pids)), " ", How, " ", module_name(Module), ": ",
                           processes(lists:sublist(Pids, 5), C), case length(Pids) > 5 of true -> ", .."; false -> "" end]
                      end || Module <- lists:usort([M || {_, M} <- Found])]).
