%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Processes that an upgrade affects although no instruction covers them. Those that are inside a module that
%% changes keep running its old code until they call it by its full name. Those that a module handles messages
%% for, and that wait, run its new code with their next message. Both have the data that they had.
-module(erlrc_stranded).
-export([check_stranded/5]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).

%% Seen: the kinds of erlrc_census. Reached: the processes that the script converts. One that has died
%% since is ignored: it may have been about to be converted.
%% Unreached: modules whose processes the script would convert, and has found none.
check_stranded({Seen, Reached}, {Changing, Unreached}, Handling, Policy, C) ->
    Lingering = inside(Seen, Changing),
    Running = [{"of", Pid, Module} || {Module, Known} <- of_modules(Handling, C), Pid <- Known],
    Waiting = [Row || {_, Pid, _} = Row <- lists:usort(Running ++ waiting(Seen, Handling)),
                      not lists:keymember(Pid, 2, Lingering)],
    Found = without(Reached, Lingering ++ Waiting),
    Texts = texts(Found, C),
    case {Texts, Policy} of
        {["", ""], _} -> ok;
        {_, unreached} ->
            case [Row || {_, _, Module} = Row <- Found, lists:member(Module, Unreached)] of
                [] -> report(Texts);
                Missed -> fail("the appup updates processes that take no system messages: ~ts",
                               [joined(texts(Missed, C))])
            end;
        {_, refuse} -> fail("processes that nothing converts: ~ts",
                            [joined(Texts)]);
        {_, report} -> report(Texts)
    end.

texts(Found, C) ->
    [found(How, [{Pid, Module} || {H, Pid, Module} <- Found, H =:= How], C) || How <- ["in", "of"]].

joined(Texts) ->
    lists:join("; ", [Text || Text <- Texts, Text =/= ""]).

report([In, Of]) ->
    In =:= "" orelse remark("processes that nothing converts keep running old code: ~ts", [In]),
    Of =:= "" orelse
        remark("processes that nothing converts run the new code with the state they have: ~ts", [Of]).

%% The rows of processes that are alive and not among these.
without(_, []) ->
    [];
without(Reached, Rows) ->
    {_, Pids, _} = lists:unzip3(Rows),
    Left = maps:from_list([{Pid, true} || Pid <- lists:usort(Pids) -- Reached, is_process_alive(Pid)]),
    [Row || {_, Pid, _} = Row <- Rows, is_map_key(Pid, Left)].

set(Modules) ->
    maps:from_list([{Module, true} || Module <- Modules]).

%% [{"in", Pid, Module}]. Behaviours that wait take their next message to the new code, whatever they were
%% called by.
inside(Seen, Changing) ->
    Modules = set(Changing),
    [{"in", Pid, Module} || {{_, [{M, F, _, _} | _] = Stack}, Pids} <- maps:to_list(Seen),
                            not (M =:= gen_server andalso F =:= loop), M =/= gen_statem, M =/= gen_event,
                            Module <- lists:sublist([Each || {Each, _, _, _} <- Stack,
                                                             is_map_key(Each, Modules)], 1),
                            Pid <- Pids].

%% [{"of", Pid, Module}]. The callback module of a behaviour is what its process was started with.
waiting(_, []) ->
    [];
waiting(Seen, Handling) ->
    Modules = set(Handling),
    [{"of", Pid, Module} || {{{{M, F, 1}, _}, _}, Pids} <- maps:to_list(Seen),
                            Module <- [case M of supervisor -> F; _ when F =:= init -> M; _ -> none end],
                            is_map_key(Module, Modules), Pid <- Pids].

found(_, [], _) ->
    "";
found(How, Found, C) ->
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, M} <- Found, M =:= Module],
                          [integer_to_list(length(Pids)), " ", How, " ", module_name(Module), ": ",
                           processes(lists:sublist(Pids, 5), C),
                           case length(Pids) > 5 of true -> ", .."; false -> "" end]
                      end || Module <- lists:usort([M || {_, M} <- Found])]).
