%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Processes that an upgrade affects although no instruction covers them. Those that are inside a module that
%% changes keep running its old code until they call it by its full name, or are killed at the end if the
%% appup has it purged brutally. Those that a module handles messages for, and that wait, run its new code
%% with their next message. Both have the data that they had.
-module(erlrc_stranded).
-export([check_stranded/5, name_killed/2, name_loggers/1, name_served/2]).
-import(erlrc_census, [belongs/2, census/0, of_modules/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).
-import(erlrc_tree, [column/2]).

%% Seen: the kinds of erlrc_census. Reached: the processes that the script converts. One that has died
%% since is ignored: it may have been about to be converted.
%% Unreached: modules whose processes the script would convert, and has found none. Killing: those whose old
%% code is purged brutally.
check_stranded({Seen, Reached}, {Changing, Unreached, Killing}, Handling, Policy, C) ->
    Doomed = [{"inside", Pid, Module} || {_, Pid, Module} <- inside(Seen, Killing, Reached)],
    Lingering = Doomed ++ [Row || {_, Pid, _} = Row <- inside(Seen, Changing, Reached),
                                  not lists:keymember(Pid, 2, Doomed)],
    Running = [{"of", Pid, Module} || {Module, Known} <- of_modules(Handling, C), Pid <- Known -- Reached],
    Waiting = [Row || {_, Pid, _} = Row <- lists:usort(Running ++ waiting(Seen, Handling, Reached)),
                      not lists:keymember(Pid, 2, Lingering)],
    Found = of_living(Lingering ++ Waiting ++ below(Seen, Killing)),
    Texts = texts(Found, C),
    case {Texts, Policy} of
        {["", "", ""], _} -> ok;
        {_, unreached} ->
            case [Row || {How, Pid, Module} = Row <- Found, lists:member(Module, Unreached),
                         How =:= "of" orelse belongs(Pid, Module)] of
                [] -> report(Texts);
                Missed -> fail("the appup updates processes that take no system messages: ~ts",
                               [joined(texts(Missed, C))])
            end;
        {_, refuse} -> fail("processes that nothing converts: ~ts",
                            [joined(Texts)]);
        {_, report} -> report(Texts)
    end.

%% The logger leaves out a handler or a filter whose code is gone.
name_loggers(Removed) ->
    Lost = [Id || Removed =/= [], #{id := Id, module := Module} = Handler <- logger:get_handler_config(),
                  lists:member(Module, Removed) orelse
                      [Fun || {_, {Fun, _}} <- maps:get(filters, Handler, []),
                              lists:member(element(2, erlang:fun_info(Fun, module)), Removed)] =/= []],
    Lost =:= [] orelse remark("logger handlers need modules that are removed: ~0tp", [Lost]).

%% Before modules are unloaded: the processes, of other applications, that run them.
name_served([], _) ->
    ok;
name_served(Modules, C) ->
    census(),
    Served = [{Pid, Module} || {Module, Pids} <- of_modules(Modules, C), Pid <- Pids],
    Served =:= []
        orelse remark("processes whose code is unloaded end with their next message: ~ts",
                      [found("of", Served, C)]).

%% Users: [{Module, Pids}] of modules that will be purged.
name_killed(Users, C) ->
    Inside = [{Pid, Module} || {Module, Pids} <- Users, Pid <- Pids],
    Inside =:= []
        orelse remark("killed, because they ran code that is unloaded: ~ts", [found("in", Inside, C)]).

texts(Found, C) ->
    [found(How, [{Pid, Module} || {H, Pid, Module} <- Found, H =:= How], C) || How <- ["in", "of", "inside"]].

joined(Texts) ->
    lists:join("; ", [Text || Text <- Texts, Text =/= ""]).

report([In, Of, Killed]) ->
    Killed =:= "" orelse
        remark("to be killed, because they run old code that the appup removes by brutal_purge: ~ts",
               [Killed]),
    In =:= "" orelse remark("processes that nothing converts keep running old code: ~ts", [In]),
    Of =:= "" orelse
        remark("processes that nothing converts run the new code with the state they have: ~ts", [Of]).

of_living(Rows) ->
    [Row || {_, Pid, _} = Row <- Rows, is_process_alive(Pid)].

set(Modules) ->
    maps:from_list([{Module, true} || Module <- Modules]).

%% [{"in", Pid, Module}]; those that will be killed are "inside". Behaviours that wait take their next message
%% to the new code, whatever they were called by.
inside(_, [], _) ->
    [];
inside(Seen, Changing, Reached) ->
    Modules = set(Changing),
    [{"in", Pid, Module} || {{_, [{M, F, _, _} | _] = Stack}, Pids} <- maps:to_list(Seen),
                            not is_loop(M, F), Module <- first(Stack, Modules), Pid <- Pids -- Reached].

%% Behaviours that wait, and will return to the code that they were called by: converted or not, they are
%% users of it.
below(_, []) ->
    [];
below(Seen, Killing) ->
    Modules = set(Killing),
    [{"inside", Pid, Module} || {{_, [{M, F, _, _} | Below]}, Pids} <- maps:to_list(Seen), is_loop(M, F),
                                Module <- first(Below, Modules), Pid <- Pids].

%% [Module] of the first of the calls that is of one of the modules.
first(Stack, Modules) ->
    Called = column(1, Stack),
    case maps:with(Called, Modules) of
        Known when map_size(Known) =:= 0 -> [];
        Known -> lists:sublist([Module || Module <- Called, is_map_key(Module, Known)], 1)
    end.

is_loop(gen_server, loop) -> true;
is_loop(Module, _) -> Module =:= gen_statem orelse Module =:= gen_event.

%% [{"of", Pid, Module}]. The callback module of a behaviour is what its process was started with.
waiting(_, [], _) ->
    [];
waiting(Seen, Handling, Reached) ->
    Modules = set(Handling),
    [{"of", Pid, Module} || {{{{M, F, 1}, _}, _}, Pids} <- maps:to_list(Seen),
                            Module <- [case M of supervisor -> F; _ when F =:= init -> M; _ -> none end],
                            is_map_key(Module, Modules), Pid <- Pids -- Reached].

found(_, [], _) ->
    "";
found(How, Found, C) ->
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, M} <- Found, M =:= Module],
                          [integer_to_list(length(Pids)), " ", How, " ", module_name(Module), ": ",
                           processes(lists:sublist(Pids, 5), C),
                           case length(Pids) > 5 of true -> ", .."; false -> "" end]
                      end || Module <- lists:usort([M || {_, M} <- Found])]).
