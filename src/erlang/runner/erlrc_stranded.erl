%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Processes that an upgrade affects although no instruction covers them. Those that are inside a module that
%% changes keep running its old code until they call it by its full name. Those that a module handles messages
%% for, and that wait, run its new code with their next message. Both have the data that they had.
-module(erlrc_stranded).
-export([check_stranded/5, look_at/1]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).

%% As many calls of a stack as process_info returns at most; it returns 8 unless asked for more.
-define(depth, 64).

%% #{Pid => {Stack, InitialCall}} of those that are alive. They are asked in parts, because their dictionaries
%% are copied.
look_at(Pids) ->
    maps:from_list(lists:append([look_at_part(Part) || Part <- parts(Pids)])).

parts([]) ->
    [];
parts(Pids) ->
    {Part, Rest} = lists:split(min(100, length(Pids)), Pids),
    [Part | parts(Rest)].

look_at_part(Pids) ->
    Infos = process_infos(Pids),
    {Alive, Answers} = case lists:member(undefined, Infos) of
                           false -> {Pids, Infos};
                           true -> lists:unzip([Row || {_, [_ | _]} = Row <- lists:zip(Pids, Infos)])
                       end,
    {_, Stacks} = lists:unzip(lists:map(fun erlang:hd/1, Answers)),
    Calls = lists:map(fun proc_lib:translate_initial_call/1, Answers),
    lists:zip(Alive, lists:zip(Stacks, Calls)).

%% One call for each, because the process has to answer itself.
process_infos(Pids) ->
    Depth = erlang:system_flag(backtrace_depth, ?depth),
    try
        Items = lists:duplicate(length(Pids), [current_stacktrace, dictionary]),
        lists:zipwith(fun erlang:process_info/2, Pids, Items)
    after
        erlang:system_flag(backtrace_depth, Depth)
    end.

%% Seen: the processes that nothing converts. One that has died since is ignored: it may have been about to be
%% converted.
check_stranded(Seen, Changing, Handling, Policy, C) ->
    {Pids, Rows} = lists:unzip(lists:sort(maps:to_list(Seen))),
    {Stacks, Calls} = lists:unzip(Rows),
    Lingering = inside(Pids, Stacks, Changing),
    Waiting = [Row || {_, Pid, _} = Row <- waiting(Pids, Calls, Handling),
                      not lists:keymember(Pid, 2, Lingering)],
    Found = [Row || {_, Pid, _} = Row <- Lingering ++ Waiting, is_process_alive(Pid)],
    Texts = [found(How, [{Pid, Module} || {H, Pid, Module} <- Found, H =:= How], C) || How <- ["in", "of"]],
    case {Texts, Policy} of
        {["", ""], _} -> ok;
        {_, refuse} -> fail("processes that nothing converts: ~ts",
                            [lists:join("; ", [Text || Text <- Texts, Text =/= ""])]);
        {[In, Of], report} ->
            In =:= "" orelse remark("processes that nothing converts keep running old code: ~ts", [In]),
            Of =:= "" orelse
                remark("processes that nothing converts run the new code with the state they have: ~ts", [Of])
    end.

set(Modules) ->
    maps:from_list([{Module, true} || Module <- Modules]).

%% [{"in", Pid, Module}]. There may be thousands, so library functions find out whether there are any.
%% Behaviours that wait take their next message to the new code, whatever they were called by.
inside(Pids, Stacks, Changing) ->
    Frames = lists:append(Stacks),
    case [Module || Module <- Changing, lists:keymember(Module, 1, Frames)] of
        [] ->
            [];
        Found ->
            Modules = set(Found),
            [{"in", Pid, Module} || {Pid, [{M, F, _, _} | _] = Stack} <- lists:zip(Pids, Stacks),
                                    not (M =:= gen_server andalso F =:= loop),
                                    M =/= gen_statem, M =/= gen_event,
                                    Module <- lists:sublist([Each || {Each, _, _, _} <- Stack,
                                                                     is_map_key(Each, Modules)], 1)]
    end.

%% [{"of", Pid, Module}]. The callback module of a behaviour is what its process was started with.
waiting(_, _, []) ->
    [];
waiting(Pids, Calls, Handling) ->
    Modules = set(Handling),
    [{"of", Pid, Module} || {Pid, {M, F, 1}} <- lists:zip(Pids, Calls),
                            Module <- [case M of supervisor -> F; _ when F =:= init -> M; _ -> none end],
                            is_map_key(Module, Modules)].

found(_, [], _) ->
    "";
found(How, Found, C) ->
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, M} <- Found, M =:= Module],
                          [integer_to_list(length(Pids)), " ", How, " ", module_name(Module), ": ",
                           processes(lists:sublist(Pids, 5), C),
                           case length(Pids) > 5 of true -> ", .."; false -> "" end]
                      end || Module <- lists:usort([M || {_, M} <- Found])]).
