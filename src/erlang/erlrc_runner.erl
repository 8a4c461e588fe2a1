%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Runs a plan on the node, all or nothing.
%%
%% The plan comes from the planner outside (src/plan) as a list of steps. This module is an interpreter with one clause of
%% step/2 for each kind of step; it decides nothing. Before a step changes something, it writes into the journal what
%% takes the change back, and undo/2 has one clause for each kind of journal entry. If a step fails, the journal is undone
%% from its newest entry to its oldest, so that each undo finds the node just as its step left it.
%%
%% It never runs as a compiled module: the build turns it into abstract expressions, which erl_eval evaluates on any OTP
%% from 23 on, in embedded mode and without sasl (make_program.escript says what that asks of the code here). So there are
%% no records, and `journal' lives in the process dictionary because it must survive the exception of a step.
%%
%% Everything that calls foreign code (callbacks, the application controller) is bounded in time.
%%
%% What is interpreted is slow: some microseconds for a call of a function of this module, more for the making of a fun. So
%% where processes are suspended, and for what is done with each of many modules, library functions and comprehensions do
%% the work.
-module(erlrc_runner).
-export([main/3]).

main(Plan, Client, Ref) ->
    %% Output and log events of the steps belong to the node, not to a client that may be gone.
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    process_flag(trap_exit, true),
    %% Its code is data on its heap, and most of the time would go into copying that around.
    process_flag(min_heap_size, 500000),
    #{steps := Steps, limit := Limit, hold := Hold} = Plan,
    put(journal, []),
    put(times, []),
    put(remarks, []),
    put(asleep, []),
    put(suspension, none),
    C = #{deadline => now_ms() + Limit, kept => #{}, code => #{}, suspended => #{}, vsns => #{}, converted => #{},
          tree => #{}, trees => [], terminated => [], hold => Hold},
    put(purges, []),
    %% From the beginning: later its name may be that of another client.
    put(client, case Hold of true -> monitor(process, Client); false -> none end),
    case take_turn(C) of
        ok ->
            Result = run(Steps, C),
            log(Result),
            tell(Client, {Ref, hold(Result, Hold, Client, Ref, C)});
        {busy, Other} ->
            tell(Client, {Ref, {failed, 0, text("another run of erlrc (~p) is at work on this node", [Other]), false,
                                [], [], 0, []}})
    end.

%% Nobody can call a client that is gone.
tell(Client, Message) ->
    erlang:send(Client, Message, [noconnect]).

%% One plan at a time. The registered name is the lock: it goes with the process, however that ends.
take_turn(C) ->
    try register(erlrc_runner, self()) of
        true -> ok
    catch
        error:badarg ->
            case whereis(erlrc_runner) of
                undefined ->
                    take_turn(C);
                Other ->
                    Monitor = monitor(process, Other),
                    receive
                        {'DOWN', Monitor, process, _, _} -> take_turn(C)
                    after left(C) ->
                        {busy, Other}
                    end
            end
    end.

run(Steps, C) ->
    case steps(Steps, 0, C) of
        {done, _} ->
            {done, times(), suspended_us(), lists:reverse(get(remarks))};
        {failed, N, Why, _} ->
            Touched = get(journal) =/= [],
            Left = undo_all(),
            {failed, N, Why, Touched, Left, times(), suspended_us(), lists:reverse(get(remarks))}
    end.

%% Several nodes are upgraded together: each keeps its journal until the client knows how the others fared. A client that
%% vanishes meanwhile was killed; its package manager then puts the old files back, so the node goes back too.
hold({done, Times, Suspended, Remarks}, true, Client, Ref, C) ->
    Monitor = get(client),
    tell(Client, {Ref, {held, Times, Suspended, Remarks}}),
    Verdict = receive
                  {Ref, V} -> V;
                  {'DOWN', Monitor, process, _, _} -> take_back
              after left(C) + 5000 -> take_back
              end,
    case Verdict of
        keep ->
            purge(get(purges)),
            {done, Times, Suspended, lists:reverse(get(remarks))};
        take_back ->
            Result = {failed, length(Times), <<"taken back">>, true, undo_all(), Times, Suspended,
                      lists:reverse(get(remarks))},
            log(Result),
            Result
    end;
hold(Result, _, _, _, _) ->
    Result.

log({done, _, _, _}) ->
    ok;
log({failed, N, Why, true, [], _, _, _}) ->
    logger:error("erlrc: step ~p failed and all was undone: ~ts", [N, Why]);
log({failed, N, Why, true, Left, _, _, _}) ->
    logger:error("erlrc: step ~p failed: ~ts; not undone: ~0tp", [N, Why, Left]);
log({failed, _, _, false, _, _, _, _}) ->
    ok.

steps([], _, C) ->
    {done, C};
steps([Step | Rest], N, C) ->
    Began = erlang:monotonic_time(),
    Result = try
                 check_deadline(C),
                 {ok, step(Step, C)}
             catch
                 throw:{fail, Why} -> {failed, N, Why, C};
                 Class:Reason:Stack -> {failed, N, exception(Class, Reason, Stack), C}
             end,
    put(times, [{N, erlang:monotonic_time() - Began} | get(times)]),
    case Result of
        {ok, NewC} -> steps(Rest, N + 1, NewC);
        Failed -> Failed
    end.

times() ->
    [{N, erlang:convert_time_unit(Time, native, microsecond)} || {N, Time} <- lists:reverse(get(times))].

%% --- the steps ------------------------------------------------------------------------------------------------------

step({require_loaded, App, Vsn}, C) ->
    case application:get_key(App, vsn) of
        {ok, Vsn} -> C;
        {ok, Other} -> fail("~ts has version ~ts, not ~ts", [App, Other, Vsn]);
        undefined -> fail("~ts is not loaded", [App])
    end;
step({require_not_running, App}, C) ->
    case start_type(App) of
        none -> C;
        _ -> fail("~ts runs", [App])
    end;

step({add_path, Ebin}, C) ->
    journal({path, code:get_path()}),
    expect(true, code:add_patha(Ebin), "~ts: cannot be added to the code path", [Ebin]),
    C;
step({replace_path, From, To}, C) ->
    Path = code:get_path(),
    journal({path, Path}),
    expect(true, replace_path(From, To, Path), "~ts: cannot be put into the code path", [To]),
    C;
step({remove_path, Ebin}, C) ->
    journal({path, code:get_path()}),
    _ = code:del_path(Ebin),
    C;

step({load_app, App, Spec}, C) ->
    case application:get_key(App, vsn) of
        {ok, _} ->
            C;
        undefined ->
            journal({app_loaded, App, loaded_apps()}),
            expect(ok, bounded(application, load, [Spec], C), "~ts: load", [App]),
            C
    end;
step({unload_app, App, Keep}, C) ->
    case application:get_key(App, vsn) of
        undefined ->
            C;
        {ok, _} ->
            journal({app_unloaded, [{A, all_keys(A)} || A <- unloaded_with(App, Keep)]}),
            expect(ok, unload(App, Keep, C), "~ts: unload", [App]),
            C
    end;
step({start_app, App, Type}, C) ->
    case start_type(App) of
        none ->
            journal({app_started, App}),
            case bounded(application, start, [App, Type], C) of
                ok -> C;
                {error, {already_started, App}} -> C;
                {error, Reason} -> fail("~ts: start: ~ts", [App, short(Reason)]);
                timeout -> fail("~ts: start: not done within the time limit", [App])
            end;
        _ ->
            C
    end;
step({stop_app, App}, C) ->
    case start_type(App) of
        none ->
            C;
        Type ->
            journal({app_stopped, App, Type}),
            expect(ok, bounded(application, stop, [App], C), "~ts: stop", [App]),
            C
    end;
step({change_app, App, From, {application, App, _} = To}, C) ->
    Conf = configuration(C),
    Keys = all_keys(App),
    {Set, Unset} = set_at_run_time(App, From, Conf, proplists:get_value(env, Keys, [])),
    EnvBefore = application_controller:prep_config_change(),
    journal({app_changed, App, Keys}),
    expect(ok, bounded(application_controller, change_application_data, [[To], Conf], C),
           "~ts: change of its specification", [App]),
    lists:foreach(fun({Key, Value}) -> application:set_env(App, Key, Value) end, Set),
    lists:foreach(fun(Key) -> application:unset_env(App, Key) end, Unset),
    %% The callback runs inside the application controller; what it answers, others throw away.
    expect(ok, bounded(application_controller, config_change, [EnvBefore], C), "~ts: config_change", [App]),
    journal({config_changed, App}),
    C;

step({load_modules, Ebin, Items}, C) ->
    lists:foreach(fun({Module, Md5}) ->
                          case loaded_md5(Module) of
                              Md5 ->
                                  ok;
                              _ ->
                                  journal({code, Module, running_code(Module, Ebin)}),
                                  load(Module, beam_file(Ebin, Module), read_beam(Ebin, Module), C)
                          end
                  end, Items),
    C;
step({unload_modules, Modules}, C) ->
    lists:foreach(fun(Module) ->
                          case erlang:module_loaded(Module) of
                              true ->
                                  journal({code, Module, running_code(Module, "")}),
                                  delete(Module),
                                  code:purge(Module);
                              false ->
                                  ok
                          end
                  end, Modules),
    C;

step({keep_code, Ebin, Modules}, #{kept := Kept} = C) ->
    Loaded = lists:filter(fun erlang:module_loaded/1, Modules),
    Beams = lists:map(fun file:read_file/1, [beam_file(Ebin, Module) || Module <- Loaded]),
    Names = lists:map(fun code:is_loaded/1, Loaded),
    %% Most lie where they should.
    There = maps:from_list([{Module, {Name, Beam}}
                            || {Module, {ok, Beam}, {file, Name}} <- lists:zip3(Loaded, Beams, Names), is_list(Name),
                               code:module_md5(Beam) =:= Module:module_info(md5)]),
    Found = maps:merge(There, maps:from_list([{Module, running_code(Module, Ebin)}
                                              || Module <- Modules, not is_map_key(Module, There)])),
    case [Module || Module <- Modules, maps:get(Module, Found) =:= gone] of
        [] -> ok;
        Gone -> fail("the code that runs cannot be found in any file, so that an undo would not be possible: ~ts",
                     [modules(Gone)])
    end,
    C#{kept := maps:merge(Kept, Found)};
step({read_code, Ebin, Modules, Switched}, #{code := Code} = C) ->
    Files = [beam_file(Ebin, Module) || Module <- Modules],
    Read = lists:zip(Files, lists:map(fun file:read_file/1, Files)),
    case [Result || {_, {error, _}} = Result <- Read] of
        [] -> ok;
        [{File, {error, Reason}} | _] -> fail("~ts: ~ts", [File, file:format_error(Reason)])
    end,
    New = maps:merge(Code, maps:from_list(lists:zip(Modules, [{File, Beam} || {File, {ok, Beam}} <- Read]))),
    C#{code := New, prepared => maps:from_list([{Group, prepare(Group, New)} || Group <- Switched])};
step({check_old_code, Modules, Policy}, C) ->
    check_old_code(Modules, Policy, now_ms(), C),
    C;
step({check_stranded, Apps, Changing, Converted, Policy}, C) ->
    Told = maps:from_list([{Pid, true} || {Pid, _, _, _, Modules} <- supervised(Apps, C),
                                          lists:any(fun(M) -> lists:member(M, Converted) end, Modules)]),
    Inside = maps:from_list([{Module, true} || Module <- Changing]),
    Stranded = [Found || Pid <- processes(), not is_map_key(Pid, Told), Pid =/= self(),
                         Found <- inside(Pid, Inside)],
    case {Stranded, Policy} of
        {[], _} -> C;
        {_, refuse} -> fail("processes that nothing converts: ~ts", [stranded(Stranded, C)]);
        {_, report} -> remark("processes that nothing converts go on in the old code: ~ts", [stranded(Stranded, C)]), C
    end;
step(point_of_no_return, C) ->
    C;
step({switch, Modules}, #{prepared := Prepared, kept := Kept} = C) ->
    lists:foreach(fun code:purge/1, lists:filter(fun erlang:check_old_code/1, Modules)),
    journal({switched, Modules, Kept}),
    case bounded(code, finish_loading, [maps:get(Modules, Prepared)], C) of
        ok -> C;
        Failed -> expect(ok, Failed, "~ts: cannot be loaded", [modules(Modules)])
    end;
step({load, Module}, #{code := Code, kept := Kept} = C) ->
    {File, Beam} = maps:get(Module, Code),
    case loaded_md5(Module) =:= code:module_md5(Beam) of
        true ->
            C;
        false ->
            journal({code, Module, maps:get(Module, Kept, not_loaded)}),
            load(Module, File, Beam, C),
            C
    end;
step({remove, Module}, #{kept := Kept} = C) ->
    case erlang:module_loaded(Module) of
        true ->
            journal({code, Module, maps:get(Module, Kept, not_loaded)}),
            delete(Module);
        false ->
            ok
    end,
    C;
%% Only after all else succeeded, on the other nodes, too, because nobody can take it back.
step({post_purge, Purges}, #{hold := true} = C) ->
    put(purges, Purges),
    C;
step({post_purge, Purges}, C) ->
    purge(Purges),
    C;

step({suspend, Apps, Items}, #{trees := Trees, vsns := Vsns} = C) ->
    Running = maps:from_list([{Module, running_vsn(Module, C)} || {Module, _} <- Items]),
    %% Rather now than while they wait.
    erlang:garbage_collect(self(), [{type, minor}]),
    suspend(Apps, Items, C#{trees := lists:usort(Apps ++ Trees), vsns := maps:merge(Vsns, Running)}, [], 0);
step({code_change, Mode, Changes}, #{suspended := Suspended, vsns := Vsns, converted := Converted} = C) ->
    %% up: the version that runs, as the module says; down: the one that will run, which the planner read.
    Items = [{Module, case Mode of up -> maps:get(Module, Vsns, undefined); down -> {down, DownVsn} end, Extra}
             || {Module, Extra, DownVsn} <- Changes],
    Jobs = [{Pid, Module, Vsn, Extra} || {Module, Vsn, Extra} <- Items, Pid <- maps:get(Module, Suspended, [])],
    Pids = lists:usort([Pid || {Pid, _, _, _} <- Jobs]),
    States = ask([{Pid, get_state} || Pid <- Pids], standard, C),
    case [Pid || {Pid, Reply} <- States, not has_state(Reply), not gone(Reply)] of
        [] -> ok;
        Unreadable -> fail("no state to come back to, because it cannot be read: ~ts", [processes(Unreadable, C)])
    end,
    Before = [{Pid, State} || {Pid, {reply, {ok, State}}} <- States],
    journal({converted, Mode, Items, Jobs, Before}),
    Replies = ask([{Pid, {change_code, Module, Vsn, Extra}} || {Pid, Module, Vsn, Extra} <- Jobs], standard, C),
    case [Failed || {_, Reply} = Failed <- Replies, Reply =/= {reply, ok}, not gone(Reply)] of
        [] ->
            C#{converted := maps:merge(Converted, maps:from_list(Before))};
        Failures ->
            lists:foreach(fun({Pid, timeout}) -> journal({stuck, Pid, proplists:lookup(Pid, Before), C});
                             (_) -> ok
                          end, Failures),
            fail("code_change failed: ~ts", [lists:join("; ", [[process(Pid, C), ": ", reply(Reply)]
                                                               || {Pid, Reply} <- Failures])])
    end;
step({resume, Modules}, #{suspended := Suspended, converted := Converted, trees := Apps} = C) ->
    %% The supervisors that were suspended along with the processes of some modules go on with the last of those.
    Left = maps:without(Modules, Suspended),
    Stay = maps:without([Parents || {parents, Ms} = Parents <- maps:keys(Left), [M || M <- Ms, is_map_key(M, Left)] =:= []],
                        Left),
    Pids = lists:usort(lists:append(maps:values(Suspended))) -- lists:append(maps:values(Stay)),
    States = [{Pid, State} || {Pid, {reply, {ok, State}}} <- ask([{Pid, get_state} || Pid <- Pids, is_map_key(Pid, Converted)],
                                                                 standard, C)],
    journal({resumed, Pids, States, Apps, Modules}),
    resume(Pids, C),
    C#{suspended := Stay};
step({stop, Apps, Modules}, #{terminated := Terminated} = C) ->
    Children = [{Parent, Id} || {_, Parent, Id, _, Ms} <- supervised(Apps, C), is_pid(Parent),
                                lists:any(fun(M) -> lists:member(M, Modules) end, Ms)],
    lists:foreach(fun({Parent, Id}) ->
                          journal({terminated, Parent, Id}),
                          expect(ok, bounded(supervisor, terminate_child, [Parent, Id], C),
                                 "child ~0tp: stop", [Id])
                  end, Children),
    C#{terminated := [{Modules, Children} | Terminated]};
step({start, Modules}, #{terminated := Terminated} = C) ->
    lists:foreach(fun({Parent, Id}) ->
                          journal({restarted, Parent, Id}),
                          case bounded(supervisor, restart_child, [Parent, Id], C) of
                              Ok when element(1, Ok) =:= ok -> ok;
                              Other -> fail("child ~0tp: start: ~ts", [Id, short(Other)])
                          end
                  end, lists:append([Children || {Ms, Children} <- Terminated, Ms =:= Modules])),
    C#{terminated := [T || {Ms, _} = T <- Terminated, Ms =/= Modules]};

step({apply, {M, F, A}, Undo}, C) ->
    case hook(M, F, A, C) of
        {returned, _} ->
            journal({applied, Undo}),
            C;
        timeout ->
            journal({applied, Undo}),
            fail("~ts:~ts/~p: not done within the time limit", [module_name(M), F, length(A)]);
        {raised, Why} ->
            journal({applied, Undo}),
            fail("~ts:~ts/~p: ~ts", [module_name(M), F, length(A), Why])
    end.

%% --- undo -----------------------------------------------------------------------------------------------------------

undo_all() ->
    put(stuck, []),
    put(newborn, []),
    Left = undo_all([]),
    %% What was too slow for the time limit may have come to its end by now.
    Stuck = get(stuck),
    Replies = ask([{Pid, get_state} || {Pid, _, _} <- Stuck], 100, #{deadline => now_ms() + 100}),
    Revived = lists:append([undo_one({case Reply of timeout -> revive; _ -> returned end, Entry})
                            || {{_, Reply}, Entry} <- lists:zip(Replies, Stuck)]),
    _ = ask([{Pid, suspend} || Pid <- lists:usort(get(asleep))], 1000, #{deadline => now_ms() + 1000}),
    lists:reverse(Revived ++ Left).

undo_all(Left) ->
    case get(journal) of
        [] ->
            Left;
        [Entry | Rest] ->
            put(journal, Rest),
            undo_all(undo_one(Entry) ++ Left)
    end.

%% What could not be undone, as texts.
undo_one(Entry) ->
    C = #{deadline => now_ms() + 30000, tree => #{}, suspended => #{}},
    try undo(Entry, C) of
        Left when is_list(Left) -> Left;
        _ -> []
    catch
        throw:{fail, Why} -> [Why];
        Class:Reason:Stack -> [text("undo of ~p: ~ts", [element(1, Entry), exception(Class, Reason, Stack)])]
    end.

undo({path, Path}, _) ->
    case code:set_path(Path) of
        true ->
            ok;
        {error, bad_directory} ->
            %% A directory that vanished from disk; set_path then refuses the whole.
            Now = code:get_path(),
            lists:foreach(fun(Dir) -> code:del_path(Dir) end, Now -- Path),
            lists:foreach(fun(Dir) -> code:add_patha(Dir) end, lists:reverse(Path -- Now))
    end,
    ok;
undo({app_loaded, App, Before}, C) ->
    case application:get_key(App, vsn) of
        undefined -> ok;
        {ok, _} -> expect(ok, unload(App, Before, C), "~ts: unload", [App])
    end;
undo({app_unloaded, Apps}, C) ->
    lists:foreach(fun({App, Keys}) ->
                          case application:get_key(App, vsn) of
                              undefined ->
                                  expect(ok, bounded(application, load, [{application, App, Keys}], C),
                                         "~ts: load", [App]);
                              {ok, _} ->
                                  change_back(App, Keys, C)
                          end,
                          set_environment(App, proplists:get_value(env, Keys, []))
                  end, lists:reverse(Apps));
undo({app_started, App}, C) ->
    %% Newer releases (27) let a stop wait for the end of the start.
    case lists:member(App, starting_apps()) of
        true ->
            end_start(App, now_ms() + 5000);
        false ->
            case bounded(application, stop, [App], C) of
                ok -> ok;
                {error, {not_started, App}} -> ok;
                Other -> fail("~ts: stop: ~ts", [App, short(Other)])
            end
    end;
undo({app_stopped, App, Type}, C) ->
    case start_type(App) of
        none -> expect(ok, bounded(application, start, [App, Type], C), "~ts: start again", [App]);
        _ -> ok
    end;
undo({app_changed, App, Keys}, C) ->
    change_back(App, Keys, C);
undo({config_changed, App}, C) ->
    %% The callback heard of the change, so it hears of its end. app_changed is the next entry of the journal.
    EnvBefore = application_controller:prep_config_change(),
    [{app_changed, App, Keys} | Rest] = get(journal),
    put(journal, Rest),
    change_back(App, Keys, C),
    expect(ok, bounded(application_controller, config_change, [EnvBefore], C), "~ts: config_change", [App]);
undo({code, Module, {_, Beam} = Previous}, C) ->
    %% If the step failed before it changed the code, to load it again would make those who run it linger in old code.
    case loaded_md5(Module) =:= code:module_md5(Beam) of
        true -> ok;
        false -> put_back(Module, Previous, C)
    end;
undo({code, Module, Previous}, C) ->
    put_back(Module, Previous, C);
undo({switched, Modules, Kept}, _) ->
    lists:append([undo_one({code, Module, maps:get(Module, Kept, not_loaded)}) || Module <- lists:reverse(Modules)]);
undo({suspended, Frozen}, C) ->
    Stuck = [Pid || {Pid, _, _} <- get(stuck)],
    Pids = lists:usort(Frozen ++ [Pid || {Pid, _} <- put(newborn, [])]),
    lists:foreach(fun(Pid) -> reinitialise(Pid, C) end,
                  [Pid || {{reinitialise, Pid}, _} <- get(), lists:member(Pid, Pids)]),
    resume(Pids -- Stuck, C);
undo({resumed, Pids, States, Apps, Modules}, C) ->
    %% Suspended again, until the undo of the first suspending, which comes later, lets them go on. Processes that were
    %% started since then, by the new code, are as much concerned.
    put(resumed, States ++ case get(resumed) of undefined -> []; Older -> Older end),
    Journal = get(journal),
    Left = try suspend(Apps, [{Module, standard} || Module <- Modules], C, [], 0) of
               #{suspended := Suspended} ->
                   New = [{Pid, Module} || Module <- Modules, Pid <- maps:get(Module, Suspended) -- Pids],
                   put(newborn, New ++ get(newborn)),
                   {_, Waiting} = freeze(Pids -- lists:append(maps:values(Suspended)), 1000),
                   withdraw(Waiting),
                   []
           catch
               throw:{fail, Why} ->
                   {_, Waiting} = freeze(Pids, 1000),
                   withdraw(Waiting),
                   [["for the undo: ", Why]]
           end,
    put(journal, Journal),
    [text("~ts", [Text]) || Text <- Left];
undo({converted, Mode, Items, Jobs, Before}, C) ->
    Old = maps:without([Pid || {Pid, _, _} <- get(stuck)], maps:from_list(Before)),
    New = [{Pid, Module, Vsn, Extra} || {Module, Vsn, Extra} <- Items, {Pid, M} <- get(newborn), M =:= Module],
    restore(Old, New, Mode, Jobs, C);
undo({stuck, Pid, Snapshot, C}, _) ->
    %% It is inside a code_change that does not return. Only when the old code is back it can be started again in that.
    put(stuck, [{Pid, Snapshot, C} | get(stuck)]),
    ok;
undo({returned, {Pid, Snapshot, _}}, C) ->
    Left = case Snapshot of {_, State} -> replace_state(Pid, State, C); none -> [] end,
    resume([Pid], C),
    Left;
undo({revive, {Pid, Snapshot, StepC}}, C) ->
    Tree = maps:get(tree, StepC),
    revive(Pid, Snapshot, maps:get(Pid, Tree, none), C#{tree := Tree});
undo({terminated, Parent, Id}, C) ->
    case bounded(supervisor, restart_child, [Parent, Id], C) of
        {error, running} -> ok;
        Ok when element(1, Ok) =:= ok -> ok;
        Other -> fail("child ~0tp: start again: ~ts", [Id, short(Other)])
    end;
undo({restarted, Parent, Id}, C) ->
    expect(ok, bounded(supervisor, terminate_child, [Parent, Id], C), "child ~0tp: stop", [Id]);
undo({applied, none}, _) ->
    ok;
undo({applied, {M, F, A}}, C) ->
    case erlang:function_exported(M, F, length(A)) of
        false -> ok;
        true -> case hook(M, F, A, C) of
                    {returned, _} -> ok;
                    Other -> expect(ok, Other, "~ts:~ts/~p", [module_name(M), F, length(A)])
                end
    end.

%% The code from before, which a process may still run that never noticed the change.
put_back(Module, Previous, C) ->
    Killed = case not erlang:check_old_code(Module) orelse code:soft_purge(Module) of
                 true -> [];
                 false -> users_of_old_code(Module)
             end,
    case Previous of
        not_loaded ->
            code:purge(Module),
            code:delete(Module),
            code:purge(Module);
        {File, Beam} ->
            load(Module, File, Beam, C);
        gone ->
            fail("~ts: the code it had before is in no file", [module_name(Module)])
    end,
    [text("~ts: it ran the code of ~ts from before and was killed when that was put back", [pid_to_list(Pid),
          module_name(Module)]) || Pid <- Killed].

%% A start that has not returned ends with the process in which the application master lets it run. (To kill the master is
%% no good: newer releases then take the application for starting for ever.)
end_start(App, Until) ->
    case lists:member(App, starting_apps()) of
        false ->
            ok;
        true ->
            Master = application_controller:get_master(App),
            [exit(Pid, kill) || is_pid(Master), Pid <- links(Master),
                                process_info(Pid, group_leader) =:= {group_leader, Master}],
            receive after 5 -> ok end,
            case now_ms() < Until of
                true -> end_start(App, Until);
                false -> fail("~ts: still starting", [App])
            end
    end.

%% The states from before the conversion. If a process went on with the new one meanwhile, what it learnt since is kept by
%% letting its author's code convert it back, if that works; and so is the state of one that the new code started.
restore(Old, New, Mode, Jobs, C) ->
    Known = case get(resumed) of undefined -> []; States -> States end,
    Resumed = maps:with(maps:keys(Old), maps:from_list(lists:reverse(Known))),
    Now = ask([{Pid, get_state} || Pid <- maps:keys(Resumed)], standard, C),
    Same = [Pid || {Pid, {reply, {ok, State}}} <- Now, State =:= maps:get(Pid, Resumed)],
    Other = [Pid || {Pid, Reply} <- Now, has_state(Reply)] -- Same,
    Unreadable = [text("~ts: its state cannot be read: ~ts", [process(Pid, C), reply(Reply)])
                  || {Pid, Reply} <- Now, not has_state(Reply), not gone(Reply)],
    Changed = maps:with(Other, Old),
    Failed = convert_back([Job || {Pid, _, _, _} = Job <- Jobs, is_map_key(Pid, Changed)] ++ New, Mode, C),
    Lost = [Pid || {Pid, _} <- Failed, is_map_key(Pid, Old)],
    lists:foreach(fun(Pid) ->
                          remark("~ts: has its state from before the upgrade; what happened since is lost", [process(Pid, C)])
                  end, Lost),
    Put = maps:keys(maps:without(maps:keys(Resumed), Old)) ++ Same ++ Lost,
    Unreadable ++ replace_states([{Pid, maps:get(Pid, Old)} || Pid <- Put], C)
        ++ [text("~ts: was started by the new code, and its state could not be converted back: ~ts",
                 [process(Pid, C), reply(Reply)]) || {Pid, Reply} <- Failed, not is_map_key(Pid, Old)].

%% [{Pid, Reply}] of those that did not let themselves be converted.
convert_back(Jobs, Mode, C) ->
    Supervisors = [Pid || Pid <- lists:usort([Pid || {Pid, _, _, _} <- Jobs]), is_supervisor(Pid)],
    %% Their children may have changed: init/1 of the old code is asked again, once that is loaded.
    lists:foreach(fun(Supervisor) ->
                          put({reinitialise, Supervisor},
                              [{Module, Extra} || {Pid, Module, _, Extra} <- Jobs, Pid =:= Supervisor])
                  end, Supervisors),
    Back = case Mode of up -> {down, undefined}; down -> undefined end,
    Replies = ask([{Pid, {change_code, Module, reverse_vsn(Vsn, Back), Extra}}
                   || {Pid, Module, Vsn, Extra} <- Jobs, not lists:member(Pid, Supervisors)], standard, C),
    lists:ukeysort(1, [Failed || {_, Reply} = Failed <- Replies, Reply =/= {reply, ok}, not gone(Reply)]).

reverse_vsn({down, _}, _) -> undefined;
reverse_vsn(Vsn, {down, _}) -> {down, Vsn};
reverse_vsn(_, Back) -> Back.

reinitialise(Pid, C) ->
    case erase({reinitialise, Pid}) of
        undefined -> ok;
        Modules -> ask([{Pid, {change_code, Module, undefined, Extra}} || {Module, Extra} <- Modules], standard, C)
    end.

replace_state(Pid, Old, C) ->
    replace_states([{Pid, Old}], C).

%% gen_event: the state is a list of its handlers', and the fun is called for each. A fun of ours would take a copy of this
%% whole program with it to each process.
replace_states(States, C) ->
    {ok, Tokens, _} = erl_scan:string("fun(Current) ->"
                                      "  case is_list(Old) andalso is_tuple(Current) andalso tuple_size(Current) =:= 3"
                                      "       andalso [H || {_, _, _} = H <- Old, element(1, H) =:= element(1, Current),"
                                      "                     element(2, H) =:= element(2, Current)] of"
                                      "    [Handler] -> Handler;"
                                      "    _ -> Old"
                                      "  end "
                                      "end."),
    {ok, [Put]} = erl_parse:parse_exprs(Tokens),
    None = erl_eval:new_bindings(),
    Replies = ask([{Pid, {replace_state, element(2, erl_eval:expr(Put, erl_eval:add_binding('Old', Old, None)))}}
                   || {Pid, Old} <- States], standard, C),
    [text("~ts: its state could not be put back: ~ts", [process(Pid, C), reply(Reply)])
     || {Pid, Reply} <- Replies, not has_state(Reply), not gone(Reply)].

%% A worker that is stuck in code_change is started again in the old code by its supervisor, which is asked to do so and
%% not surprised by its death: that would count as a failure of the child, and might end its siblings and the application.
%% It gets the state it had, unless that names resources that died with it. Others are not killed, because more would die
%% with them: they find their old state in their mailbox when they return.
revive(Pid, Snapshot, {_, Parent, Id, worker, _}, C) when is_pid(Parent) ->
    Name = short_name(Pid),
    case {start_again(Pid, Parent, Id, C), Snapshot} of
        {{error, Why}, _} ->
            [text("~ts: was stopped, because its code_change did not return, and not started again: ~ts",
                  [Name, short(Why)])];
        {{ok, New}, {_, State}} ->
            case owns_resources(State, Pid) of
                true -> [text("~ts: was started afresh, because its code_change did not return and its state held "
                              "resources that died with it", [Name])];
                false -> give_state(New, State, Name, C)
            end;
        {{ok, _}, none} ->
            [text("~ts: was started afresh, because its code_change did not return", [Name])]
    end;
revive(Pid, Snapshot, _, C) ->
    case Snapshot of
        {_, State} -> Pid ! {system, {self(), make_ref()}, {replace_state, fun(_) -> State end}};
        none -> ok
    end,
    Pid ! {system, {self(), make_ref()}, resume},
    [text("~ts: its code_change has not returned; when it does, it goes on as before", [process(Pid, C)])].

give_state(Pid, State, Name, C) ->
    case replace_state(Pid, State, C) of
        [] ->
            case ask([{Pid, get_state}], standard, C) of
                [{Pid, {reply, {ok, State}}}] ->
                    remark("~ts: its code_change did not return; it was started again with the state it had", [Name]),
                    [];
                _ ->
                    [text("~ts: was started again, because its code_change did not return, but not with all of its "
                          "state", [Name])]
            end;
        Left ->
            Left
    end.

%% {ok, Pid} of the new process, or {error, Why}.
start_again(Pid, Parent, Id, C0) ->
    C = C0#{deadline => now_ms() + 10000},
    Child = case Id of undefined -> Pid; _ -> Id end,
    Specification = bounded(supervisor, get_childspec, [Parent, Child], C),
    Arguments = case ask([{Parent, get_state}], standard, C) of
                    [{Parent, {reply, {ok, State}}}] -> dynamic_arguments(Pid, State);
                    _ -> unknown
                end,
    %% What traps exits dies by this: it cannot take the supervisor's signal where it is.
    _ = spawn(fun() -> receive after 20 -> exit(Pid, kill) end end),
    _ = bounded(supervisor, terminate_child, [Parent, Child], C),
    case {Id, Specification, Arguments} of
        {undefined, {ok, #{start := {_, _, First}}}, {ok, All}} ->
            started(bounded(supervisor, start_child, [Parent, lists:nthtail(length(First), All)], C));
        {undefined, _, _} ->
            {error, "it cannot be told with which arguments"};
        {_, {ok, #{restart := temporary} = Temporary}, _} ->
            started(bounded(supervisor, start_child, [Parent, Temporary], C));
        _ ->
            started(bounded(supervisor, restart_child, [Parent, Id], C))
    end.

%% Of a child of a simple_one_for_one supervisor, as that keeps them for the restart.
dynamic_arguments(Pid, State) when tuple_size(State) > 4 ->
    case element(5, State) of
        {maps, #{Pid := Arguments}} when is_list(Arguments) -> {ok, Arguments};  % others are temporary
        _ -> unknown
    end;
dynamic_arguments(_, _) ->
    unknown.

started(Ok) when element(1, Ok) =:= ok, is_pid(element(2, Ok)) -> {ok, element(2, Ok)};
started({error, Why}) -> {error, Why};
started(Other) -> {error, Other}.

owns_resources(Term, Pid) when is_pid(Term) -> Term =:= Pid;
owns_resources(Term, _) when is_port(Term); is_reference(Term) -> true;
owns_resources([Head | Tail], Pid) -> owns_resources(Head, Pid) orelse owns_resources(Tail, Pid);
owns_resources(Term, Pid) when is_tuple(Term) -> owns_resources(tuple_to_list(Term), Pid);
owns_resources(Term, Pid) when is_map(Term) -> owns_resources(maps:to_list(Term), Pid);
owns_resources(_, _) -> false.

%% --- processes ------------------------------------------------------------------------------------------------------

%% The processes in the supervision trees of the applications: {Pid, Parent, ChildId, Type, Modules}.
supervised(Apps, C) ->
    {Procs, _, _} = trees(Apps, C),
    Procs.

%% {The same, by module, the supervisors without children}. They are as they were when they were last looked for if each
%% supervisor has the links that it had then, and no other code.
trees(Apps, #{converted := Converted} = C) ->
    case get({trees, Apps}) of
        {Trees, Links} ->
            case [Pid || {Pid, Then} <- Links, is_map_key(Pid, Converted) orelse links(Pid) =/= Then] of
                [] -> Trees;
                _ -> walk(Apps, C)
            end;
        undefined ->
            walk(Apps, C)
    end;
trees(Apps, C) ->
    walk(Apps, C).

walk(Apps, C) ->
    erase({trees, Apps}),
    put(handlers, asked_none),
    Procs = lists:append([case application_controller:get_master(App) of
                              Master when is_pid(Master) ->
                                  {Root, _} = application_master:get_child(Master),
                                  root(Root, C);
                              _ ->
                                  []
                          end || App <- Apps]),
    Trees = {Procs, by_module(Procs), childless(Procs)},
    Links = [{Pid, get({links, Pid})} || {Pid, _, _, supervisor, _} <- Procs],
    %% The handlers of a gen_event change without that being seen in any links.
    Links =:= [] orelse get(handlers) =:= asked orelse put({trees, Apps}, {Trees, Links}),
    Trees.

by_module(Procs) ->
    lists:foldr(fun({Module, Proc}, Known) -> Known#{Module => [Proc | maps:get(Module, Known, [])]} end, #{},
                [{Module, Proc} || {_, _, _, _, Modules} = Proc <- Procs, Module <- lists:usort(Modules)]).

%% Supervisors without children may get one at any moment, and only those they have tell which modules theirs run.
childless(Procs) ->
    Parents = maps:from_list([{Parent, true} || {_, Parent, _, _, _} <- Procs]),
    [Pid || {Pid, _, _, supervisor, _} <- Procs, not is_map_key(Pid, Parents), is_supervisor(Pid)].

root(Root, #{tree := Tree} = C) when node(Root) =:= node() ->
    Known = case Tree of
                #{Root := {_, _, _, supervisor, [Told]}} -> Told;
                _ -> supervisor_module(Root, C)
            end,
    case Known of
        none -> [{Root, none, none, worker, []}];
        Module -> [{Root, none, none, supervisor, [Module]} | children(Root, C)]
    end;
root(_, _) ->
    [].

%% The callback module of an application's top supervisor. What is no supervisor (some applications start a plain
%% process) has none.
supervisor_module(Pid, C) ->
    case is_supervisor(Pid) of
        true ->
            case {bounded(supervisor, get_callback_module, [Pid], C), is_process_alive(Pid)} of
                {Module, _} when is_atom(Module), Module =/= timeout -> Module;
                {_, true} -> fail("supervisor ~ts does not answer", [process(Pid, C)]);
                {_, false} -> none
            end;
        false ->
            none
    end.

is_supervisor(Pid) ->
    case proc_lib:translate_initial_call(Pid) of
        {supervisor, _, _} -> true;
        {'Elixir.DynamicSupervisor', _, _} -> true;
        _ -> case process_info(Pid, dictionary) of
                 {dictionary, Dictionary} ->
                     case lists:keyfind('$initial_call', 1, Dictionary) of
                         {_, {supervisor, _, _}} -> true;
                         {_, {'Elixir.DynamicSupervisor', _, _}} -> true;
                         _ -> false
                     end;
                 undefined -> false
             end
    end.

children(Supervisor, #{tree := Tree, suspended := Suspended} = C) ->
    case lists:member(Supervisor, lists:append(maps:values(Suspended))) of
        true ->
            %% It cannot answer, and has no other children than when it was suspended.
            Own = [Proc || {_, Parent, _, _, _} = Proc <- maps:values(Tree), Parent =:= Supervisor],
            Own ++ lists:append([children(Pid, C) || {Pid, _, _, supervisor, _} <- Own]);
        false ->
            ask_children(Supervisor, C)
    end.

%% Found in an undo: it is inside a code_change that does not return, and need not be waited for.
is_stuck(Pid) ->
    lists:keymember(Pid, 1, case get(stuck) of undefined -> []; Stuck -> Stuck end).

ask_children(Supervisor, C) ->
    is_stuck(Supervisor) andalso fail("supervisor ~ts does not answer", [process(Supervisor, C)]),
    put({links, Supervisor}, links(Supervisor)),
    Children = case {which_children(Supervisor, 100, C), get(held)} of
                   {timeout, [_ | _] = Held} ->
                       %% It may be starting a child that waits for one of these (suspend/5).
                       put(held, []),
                       resume(Held, C),
                       which_children(Supervisor, standard, C);
                   {timeout, _} ->
                       which_children(Supervisor, standard, C);
                   {Answer, _} ->
                       Answer
               end,
    Children =/= timeout orelse fail("supervisor ~ts does not answer", [process(Supervisor, C)]),
    lists:append([child(Child, Supervisor, C) || Child <- Children]).

which_children(Supervisor, Limit, C) ->
    try
        gen_server:call(Supervisor, which_children, limit(Limit, C))
    catch
        exit:{timeout, _} -> timeout;
        exit:_ -> []
    end.

%% A child on another node runs the code of that one.
child({Id, Pid, worker, dynamic}, Parent, C) when node(Pid) =:= node() ->
    [{Pid, Parent, Id, worker, handlers(Pid, C)}];
child({Id, Pid, worker, Modules}, Parent, _) when node(Pid) =:= node() ->
    [{Pid, Parent, Id, worker, Modules}];
child({Id, Pid, supervisor, Modules}, Parent, C) when node(Pid) =:= node() ->
    Own = case Modules of
              dynamic -> case supervisor_module(Pid, C) of none -> []; Module -> [Module] end;
              _ -> Modules
          end,
    [{Pid, Parent, Id, supervisor, Own} | children(Pid, C)];
child(_, _, _) ->
    [].

%% A gen_event process tells its handlers' modules.
handlers(Pid, C) ->
    put(handlers, asked),
    case not is_stuck(Pid) andalso bounded(gen, call, [Pid, self(), get_modules, limit(standard, C)], C) of
        {ok, Modules} when is_list(Modules) -> Modules;
        _ -> []
    end.

%% --- suspending -----------------------------------------------------------------------------------------------------
%%
%% All processes of one instruction at once, which has two traps. A process may be born in the old code after we listed
%% its siblings: so the supervisors are suspended first, and if one of them has children by then that were not in the list,
%% all goes on and is tried again. And a process may be waiting in a call for one that is suspended already, so that it
%% cannot take our request: then those that were suspended go on until it has taken it, and are suspended again after it.
%%
%% Held: processes that took the request late and stay suspended from then on.
suspend(Apps, Items, #{suspended := Suspended} = C0, Held0, Round) ->
    check_deadline(C0),
    put(held, Held0),
    {Procs, Known, Childless} = trees(Apps, C0),
    Held = put(held, []),
    C1 = remember(Procs, C0),
    _ = states_are_tagged(),
    Limits = maps:from_list(Items),
    Found = [{Module, Proc} || {Module, _} <- Items, Proc <- maps:get(Module, Known, [])],
    Before = lists:append(maps:values(Suspended)),
    Parents = lists:usort([Parent || {_, {_, Parent, _, _, _}} <- Found, is_pid(Parent)] ++ Childless),
    Supervisors = lists:usort(Parents ++ [Pid || {_, {Pid, _, _, supervisor, _}} <- Found]) -- Before,
    Limit = limit(longest([maps:get(Module, Limits) || {Module, _} <- Found]), C1),
    Listed = maps:from_list([{Module, [Pid || {Pid, _, _, _, _} <- maps:get(Module, Known, [])]} || {Module, _} <- Items]),
    Key = {parents, [Module || {Module, _} <- Items]},
    note_suspension(Supervisors ++ [Pid || {_, {Pid, _, _, _, _}} <- Found]),
    {Frozen, Holding} = freeze_all(Supervisors, Held, now_ms() + limit(standard, C1), C1),
    case siblings(unlisted(Frozen, Procs), Procs) of
        unknown when Round < 50 ->
            resume(Frozen, C1),
            suspend(Apps, Items, C1, Holding, Round + 1);
        unknown ->
            fail("children are started faster than they can be listed", []);
        Newborn ->
            {C, ByModule} = with_newborn(Newborn, C1, Listed),
            Workers = lists:usort(lists:append(maps:values(ByModule))) -- (Supervisors ++ Holding ++ Before),
            case freeze(Workers, min(Limit, 100)) of
                {FrozenWorkers, []} ->
                    Died = (Supervisors ++ Workers) -- (Frozen ++ FrozenWorkers),
                    New = case Died of
                              [] -> ByModule;
                              _ -> maps:map(fun(_, Pids) -> Pids -- Died end, ByModule)
                          end,
                    C#{suspended := (maps:merge(Suspended, New))#{Key => Parents -- Died}};
                {FrozenWorkers, Late} ->
                    resume(Frozen ++ FrozenWorkers, C),
                    suspend(Apps, Items, C, await_late(Late, Holding, now_ms() + Limit, C), Round + 1)
            end
    end.

%% All of Pids, and who of those we held before still is. A supervisor may be starting a child that waits for one that we
%% hold.
freeze_all(Pids, Held, Until, C) ->
    case freeze(Pids, max(0, min(100, Until - now_ms()))) of
        {Frozen, []} ->
            {Frozen, Held};
        {Frozen, Late} ->
            resume(Frozen ++ Held, C),
            Taken = await_late(Late, [], Until, C),
            {Others, []} = freeze_all(Pids -- Taken, [], Until, C),
            {Taken ++ Others, []}
    end.

%% Who does not come for a while may be waiting for one that we hold, so those go on again.
await_late(Late, Held, Until, C) ->
    {Taken, Waiting} = await_frozen(Late, max(0, min(100, Until - now_ms()))),
    case Waiting =:= [] orelse now_ms() >= Until of
        true ->
            Waiting =:= [] orelse not_suspended(Waiting, C),
            Taken ++ Held;
        false ->
            resume(Taken ++ Held, C),
            await_late(Waiting, [], Until, C)
    end.

%% Asks all to suspend: {[Pid] that did, [{Ref, Pid}] that did not answer within Limit ms but may yet}. Processes that died
%% are in neither.
freeze([], _) ->
    {[], []};
freeze(Pids, Limit) ->
    %% Those whom somebody else has suspended are to be so again if all is undone.
    put(asleep, [Pid || Pid <- Pids, {_, {sys, suspend_loop, _}} <- [process_info(Pid, current_function)],
                        not is_ours(Pid)] ++ get(asleep)),
    await_frozen(send_system([{Pid, suspend} || Pid <- Pids]), Limit).

await_frozen(Sent, Limit) ->
    Until = erlang:monotonic_time(millisecond) + Limit,
    Replies = [{Request, gen:wait_response(Ref, max(0, Until - erlang:monotonic_time(millisecond)))}
               || {Ref, _} = Request <- Sent],
    Frozen = [Pid || {{_, Pid}, {reply, ok}} <- Replies],
    journal({suspended, Frozen}),
    {Frozen, [Request || {Request, timeout} <- Replies]}.

is_ours(Pid) ->
    lists:any(fun({suspended, Pids}) -> lists:member(Pid, Pids);
                 (_) -> false
              end, get(journal)).

not_suspended(Waiting, C) ->
    withdraw(Waiting),
    fail("not suspended in time: ~ts", [processes([Pid || {_, Pid} <- Waiting], C)]).

%% Whoever takes the request late finds that it was withdrawn.
withdraw(Waiting) ->
    lists:foreach(fun({Ref, Pid}) ->
                          demonitor(Ref, [flush]),
                          Pid ! {system, {self(), make_ref()}, resume}
                  end, Waiting).

%% Children of the suspended supervisors that were born after we listed their siblings. A supervisor is linked to each of
%% its children, so those are among the links that it had not yet before we asked it (ask_children/2).
unlisted(Supervisors, Procs) ->
    [{Pid, Supervisor} || Supervisor <- Supervisors, Pid <- links(Supervisor) -- get({links, Supervisor}),
                          is_pid(Pid), not lists:keymember(Pid, 1, Procs), is_process_alive(Pid)].

%% What the list should have said of these. The children of a simple_one_for_one supervisor are all alike, so one that has
%% a sibling in the list need not be listed again: there may be no moment without a birth.
siblings([], _) ->
    [];
siblings(Unlisted, Procs) ->
    Known = [{Pid, Supervisor, Id, Type, Modules}
             || {Pid, Supervisor} <- Unlisted,
                {_, _, undefined = Id, worker = Type, Modules} <- [lists:keyfind(Supervisor, 2, Procs)]],
    case length(Known) =:= length(Unlisted) of
        true -> Known;
        false -> unknown
    end.

with_newborn([], C, ByModule) ->
    {C, ByModule};
with_newborn(Newborn, C, ByModule) ->
    {remember(Newborn, C), maps:map(fun(Module, Pids) ->
                                            Pids ++ [Pid || {Pid, _, _, _, Modules} <- Newborn, lists:member(Module, Modules)]
                                    end, ByModule)}.

links(Pid) ->
    case process_info(Pid, links) of
        {links, Links} -> Links;
        undefined -> []
    end.

longest(Limits) ->
    case lists:member(infinity, Limits) of
        true -> infinity;
        false -> lists:max([5000 | [Ms || Ms <- Limits, is_integer(Ms)]])
    end.

remember(Procs, #{remembered := Procs} = C) ->
    C;
remember(Procs, #{tree := Tree} = C) ->
    C#{remembered => Procs, tree := maps:merge(Tree, maps:from_list([{Pid, Proc} || {Pid, _, _, _, _} = Proc <- Procs]))}.

%% Sends a system message (sys(3erl)) to each process at once and collects the answers: [{Pid, Reply}] in that order,
%% where Reply is {reply, Term}, {down, Reason} or timeout.
%%
%% A state is answered as it is by older releases (25), and as {ok, State} by newer ones (27); here it is always the latter.
ask(Requests, Limit, C) ->
    Sent = [{gen:send_request(Pid, system, Request), Pid} || {Pid, Request} <- Requests],
    Until = erlang:monotonic_time(millisecond) + limit(Limit, C),
    Bare = states_are_asked_for(Requests) andalso not states_are_tagged(),
    [{Pid, case gen:wait_response(Ref, max(0, Until - erlang:monotonic_time(millisecond))) of
               {reply, {error, Failed}} when Bare, element(1, Failed) =:= callback_failed -> {reply, {error, Failed}};
               {reply, Answer} when Bare -> {reply, {ok, Answer}};
               {reply, Answer} -> {reply, Answer};
               {error, {Reason, _}} -> {down, Reason};
               timeout -> demonitor(Ref, [flush]), timeout
           end} || {Ref, Pid} <- Sent].

has_state({reply, {ok, _}}) -> true;
has_state(_) -> false.

states_are_asked_for([{_, get_state} | _]) -> true;
states_are_asked_for([{_, {replace_state, _}} | _]) -> true;
states_are_asked_for(_) -> false.

%% Which this is, a process of the kernel tells whose state does not change.
states_are_tagged() ->
    case get(states_are_tagged) of
        undefined ->
            State = sys:get_state(kernel_refc),
            {ok, Answer} = gen:call(kernel_refc, system, get_state, 5000),
            put(states_are_tagged, Answer =:= {ok, State}),
            states_are_tagged();
        Known ->
            Known
    end.

send_system(Requests) ->
    [{gen:send_request(Pid, system, Request), Pid} || {Pid, Request} <- Requests].

resume(Pids, C) ->
    Replies = ask([{Pid, resume} || Pid <- Pids], standard, C),
    end_suspension(),
    case [Pid || {Pid, Reply} <- Replies, Reply =/= {reply, ok}, not gone(Reply)] of
        [] -> ok;
        Silent -> fail("not resumed: ~ts", [processes(Silent, C)])
    end.

%% A process that died meanwhile needs nothing any more: its supervisor starts the next one in the code that is loaded.
gone({down, _}) -> true;
gone(_) -> false.

%% The version of the code that runs, as code_change wants to be told it.
running_vsn(Module, #{kept := Kept}) ->
    case maps:get(Module, Kept, not_loaded) of
        {_, Beam} -> case beam_lib:version(Beam) of {ok, {_, [Vsn]}} -> Vsn; {ok, {_, Vsn}} -> Vsn; _ -> undefined end;
        _ -> undefined
    end.

%% --- code -----------------------------------------------------------------------------------------------------------

beam_file(Ebin, Module) ->
    filename:join(Ebin, atom_to_list(Module) ++ ".beam").

read_beam(Ebin, Module) ->
    File = beam_file(Ebin, Module),
    case file:read_file(File) of
        {ok, Beam} -> Beam;
        {error, Reason} -> fail("~ts: ~ts", [File, file:format_error(Reason)])
    end.

loaded_md5(Module) ->
    case erlang:module_loaded(Module) of
        true -> Module:module_info(md5);
        false -> not_loaded
    end.

%% The object code of what is loaded: not_loaded, {File, Beam}, or gone. Only a file whose md5 is that of the loaded code
%% counts; a package manager may have put another one there. dpkg keeps the one it replaces beside it for a while.
running_code(Module, Ebin) ->
    case loaded_md5(Module) of
        not_loaded ->
            not_loaded;
        Md5 ->
            Loaded = case code:is_loaded(Module) of
                         {file, Name} when is_list(Name) -> Name;
                         _ -> beam_file(Ebin, Module)
                     end,
            Candidates = [beam_file(Ebin, Module), Loaded, Loaded ++ ".dpkg-tmp"],
            first_beam(Candidates ++ [Loaded], Md5, Loaded)
    end.

first_beam([], _, _) ->
    gone;
first_beam([File | Rest], Md5, Loaded) ->
    case file:read_file(File) of
        {ok, Beam} ->
            case catch code:module_md5(Beam) of
                Md5 -> {Loaded, Beam};
                _ -> first_beam(Rest, Md5, Loaded)
            end;
        {error, _} ->
            first_beam(Rest, Md5, Loaded)
    end.

load(Module, File, Beam, C) ->
    purge_old(Module),
    case bounded(code, load_binary, [Module, File, Beam], C) of
        {module, Module} -> ok;
        {error, Why} -> fail("~ts: cannot be loaded: ~ts", [module_name(Module), short(Why)]);
        timeout -> fail("~ts: cannot be loaded: not done within the time limit", [module_name(Module)]);
        {raised, Why} -> fail("~ts: cannot be loaded: ~ts", [module_name(Module), Why])
    end.

%% soft_purge takes away what nothing runs any more.
check_old_code(Modules, Policy, Began, C) ->
    case [Module || Module <- Modules, erlang:check_old_code(Module), not code:soft_purge(Module)] of
        [] ->
            ok;
        Busy ->
            case Policy of
                kill ->
                    lists:foreach(fun(Module) -> code:purge(Module) end, Busy);
                {wait, Ms} when Ms > 0 ->
                    receive after min(50, left(C)) -> ok end,
                    check_deadline(C),
                    check_old_code(Busy, case now_ms() - Began < Ms of true -> Policy; false -> refuse end, Began, C);
                _ ->
                    fail("processes still run the code before the last upgrade: ~ts",
                         [lists:join("; ", [[module_name(M), " in ", processes(users_of_old_code(M), C)] || M <- Busy])])
            end
    end.

%% [{Pid, Module}] if the process is inside a module of the map. Idle behaviours are not, and are told from the function
%% they wait in, which is quicker than their whole stack.
inside(Pid, Modules) ->
    case process_info(Pid, current_function) of
        {current_function, {gen_server, loop, _}} -> [];
        {current_function, {gen_statem, _, _}} -> [];
        {current_function, {gen_event, _, _}} -> [];
        undefined -> [];
        _ ->
            case process_info(Pid, current_stacktrace) of
                {current_stacktrace, Stack} ->
                    case [M || {M, _, _, _} <- Stack, is_map_key(M, Modules)] of
                        [Module | _] -> [{Pid, Module}];
                        [] -> []
                    end;
                undefined -> []
            end
    end.

stranded(Found, C) ->
    Modules = lists:usort([Module || {_, Module} <- Found]),
    lists:join("; ", [begin
                          Pids = [Pid || {Pid, M} <- Found, M =:= Module],
                          [integer_to_list(length(Pids)), " in ", module_name(Module), ": ",
                           processes(lists:sublist(Pids, 5), C), case length(Pids) > 5 of true -> ", .."; false -> "" end]
                      end || Module <- Modules]).

prepare(Modules, Code) ->
    Files = [begin {File, Beam} = maps:get(Module, Code), {Module, File, Beam} end || Module <- Modules],
    case code:prepare_loading(Files) of
        {ok, Prepared} -> Prepared;
        {error, Why} -> fail("modules that cannot be loaded: ~ts", [short(Why)])
    end.

%% What still runs code that was replaced: brutal_purge kills it, soft_purge leaves it.
purge(Purges) ->
    %% For each module each process is gone through, and this one should be small then.
    erlang:garbage_collect(),
    Old = lists:filter(fun erlang:check_old_code/1, [Module || {Module, _} <- Purges]),
    lists:foreach(fun code:purge/1, [Module || Module <- Old, lists:member({Module, brutal_purge}, Purges)]),
    {_, Busy} = lists:partition(fun code:soft_purge/1, lists:filter(fun erlang:check_old_code/1, Old)),
    lists:foreach(fun(Module) ->
                          remark("processes go on in the old code of ~ts: ~ts",
                                 [module_name(Module), pids(users_of_old_code(Module))])
                  end, Busy).

delete(Module) ->
    purge_old(Module),
    code:delete(Module).

purge_old(Module) ->
    erlang:check_old_code(Module) andalso code:purge(Module).

users_of_old_code(Module) ->
    [Pid || Pid <- processes(), Pid =/= self(), erlang:check_process_code(Pid, Module) =:= true].

replace_path(From, To, Path) ->
    case lists:member(From, Path) of
        true ->
            case code:set_path([case Dir of From -> To; _ -> Dir end || Dir <- Path]) of
                true ->
                    true;
                {error, bad_directory} ->
                    %% Some other directory of the path is gone from disk: change just these two.
                    case code:add_patha(To) of
                        true -> code:del_path(From), true;
                        Error -> Error
                    end
            end;
        false ->
            code:add_patha(To)
    end.

%% --- applications ---------------------------------------------------------------------------------------------------

loaded_apps() ->
    [App || {App, _, _} <- application:loaded_applications()].

starting_apps() ->
    [App || {App, _, _, _} <- proplists:get_value(starting, application:info(), [])].

%% none, or the type with which it was started.
start_type(App) ->
    Info = application:info(),
    case lists:keymember(App, 1, proplists:get_value(running, Info, [])) of
        true -> proplists:get_value(App, proplists:get_value(started, Info, []), temporary);
        false -> none
    end.

all_keys(App) ->
    {ok, Keys} = application:get_all_key(App),
    Keys.

%% App and what its unloading takes along.
unloaded_with(App, Keep) ->
    case application:get_key(App, included_applications) of
        {ok, Included} -> [App | lists:append([unloaded_with(I, Keep) || I <- Included, not lists:member(I, Keep)])];
        undefined -> []
    end.

%% The application controller unloads included applications without looking whether they run, and dies of it afterwards.
unload(App, Keep, C) ->
    {ok, Included} = application:get_key(App, included_applications),
    case [I || I <- Included, lists:member(I, Keep)] of
        [] ->
            bounded(application, unload, [App], C);
        _ ->
            Keys = lists:keystore(included_applications, 1, all_keys(App), {included_applications, Included -- Keep}),
            case bounded(application_controller, change_application_data,
                         [[{application, App, Keys}], configuration(C)], C) of
                ok -> bounded(application, unload, [App], C);
                Failed -> Failed
            end
    end.

%% sys.config and persistent settings as the application controller has them: the last field of its state.
configuration(C) ->
    State = sys:get_state(application_controller, limit(standard, C)),
    element(tuple_size(State), State).

change_back(App, Keys, C) ->
    Conf = configuration(C),
    expect(ok, bounded(application_controller, change_application_data, [[{application, App, Keys}], Conf], C),
           "~ts: its old specification", [App]),
    set_environment(App, proplists:get_value(env, Keys, [])).

set_environment(App, Env) ->
    lists:foreach(fun({Key, _}) ->
                          case lists:keymember(Key, 1, Env) of
                              true -> ok;
                              false -> application:unset_env(App, Key)
                          end
                  end, application:get_all_env(App)),
    lists:foreach(fun({Key, Value}) -> application:set_env(App, Key, Value) end, Env).

%% What differs from the environment of a fresh start: {[{Key, Value}], [Key]}, set and unset since then.
set_at_run_time(App, {application, App, OldKeys}, Conf, Current) ->
    Fresh = overlay(command_line(App), overlay(proplists:get_value(App, Conf, []), proplists:get_value(env, OldKeys, []))),
    {[Setting || Setting <- Current, not lists:member(Setting, Fresh)],
     [Key || {Key, _} <- Fresh, not lists:keymember(Key, 1, Current)]}.

overlay(Over, Under) ->
    lists:foldl(fun({Key, Value}, Env) -> lists:keystore(Key, 1, Env, {Key, Value}) end, Under, Over).

%% -App Key Value ..
command_line(App) ->
    case init:get_argument(App) of
        {ok, Lists} -> lists:append([settings(Words) || Words <- Lists]);
        error -> []
    end.

settings([Key, Value | Rest]) ->
    case {parse(Key), parse(Value)} of
        {{ok, K}, {ok, V}} -> [{K, V} | settings(Rest)];
        _ -> settings(Rest)
    end;
settings(_) ->
    [].

parse(Text) ->
    case erl_scan:string(Text ++ ".") of
        {ok, Tokens, _} -> erl_parse:parse_term(Tokens);
        _ -> error
    end.

%% --- time, failure, text --------------------------------------------------------------------------------------------

now_ms() ->
    erlang:monotonic_time(millisecond).

us_since(Began) ->
    erlang:convert_time_unit(erlang:monotonic_time() - Began, native, microsecond).

left(#{deadline := Deadline}) ->
    max(0, Deadline - erlang:monotonic_time(millisecond)).

%% A limit of an instruction in milliseconds, cut to what is left for the whole plan.
limit(standard, #{deadline := Deadline}) -> min(5000, max(0, Deadline - erlang:monotonic_time(millisecond)));
limit(infinity, C) -> left(C);
limit(Ms, C) -> min(Ms, left(C)).

check_deadline(#{deadline := Deadline}) ->
    erlang:monotonic_time(millisecond) < Deadline orelse fail("the time limit is over", []).

note_suspension([]) -> ok;
note_suspension(_) ->
    case get(suspension) of
        none -> put(suspension, {erlang:monotonic_time(), 0});
        _ -> ok
    end.

end_suspension() ->
    case get(suspension) of
        {Began, _} -> put(suspension, {Began, us_since(Began)});
        _ -> ok
    end.

suspended_us() ->
    case get(suspension) of
        {_, Us} -> Us;
        none -> 0
    end.

%% Calls M:F in a process of its own: what it returns, {raised, Text}, or timeout when the plan's time is over (it is then
%% killed). Foreign code must not be able to stop the plan.
bounded(M, F, A, C) ->
    case called(M, F, A, C) of
        {returned, Value} -> Value;
        Failed -> Failed
    end.

%% The same, with what it returns as {returned, Value}. The process begins in the function with which nodes call each
%% other since OTP 23 (erpc): a fun of ours would take a copy of this whole program with it.
called(M, F, A, C) ->
    Id = make_ref(),
    await_call(Id, spawn_monitor(erpc, execute_call, [Id, M, F, A]), C).

%% A call that an author wrote. What it links to itself must outlive it, so its process ends normally, and sends what came
%% of the call.
hook(M, F, A, C) ->
    Id = make_ref(),
    {ok, Tokens, _} = erl_scan:string("Client ! {Id, try {return, apply(M, F, A)}"
                                      "              catch Class:Reason:Stack -> {Class, Reason, Stack} end}."),
    {ok, Call} = erl_parse:parse_exprs(Tokens),
    Bindings = lists:foldl(fun({Name, Value}, Known) -> erl_eval:add_binding(Name, Value, Known) end,
                           erl_eval:new_bindings(),
                           [{'Client', self()}, {'Id', Id}, {'M', M}, {'F', F}, {'A', A}]),
    await_call(Id, spawn_monitor(erl_eval, exprs, [Call, Bindings]), C).

await_call(Id, {Pid, Monitor}, #{deadline := Deadline}) ->
    receive
        {Id, {return, Value}} -> demonitor(Monitor, [flush]), {returned, Value};
        {Id, {Class, Reason, Stack}} -> demonitor(Monitor, [flush]), {raised, exception(Class, Reason, Stack)};
        {'DOWN', Monitor, process, Pid, {Id, return, Value}} -> {returned, Value};
        {'DOWN', Monitor, process, Pid, {Id, Class, Reason}} -> {raised, exception(Class, Reason, [])};
        {'DOWN', Monitor, process, Pid, {Id, Class, Reason, Stack}} -> {raised, exception(Class, Reason, Stack)};
        {'DOWN', Monitor, process, Pid, Reason} -> {raised, text("exit ~ts", [short(Reason)])}
    after max(0, Deadline - erlang:monotonic_time(millisecond)) ->
        demonitor(Monitor, [flush]),
        exit(Pid, kill),
        timeout
    end.

journal(Entry) ->
    put(journal, [Entry | get(journal)]).

remark(Format, Args) ->
    put(remarks, [text(Format, Args) | get(remarks)]).

fail(Format, Args) ->
    throw({fail, text(Format, Args)}).

expect(Expected, Expected, _, _) ->
    ok;
expect(_, Result, Format, Args) ->
    Why = case Result of
              timeout -> "not done within the time limit";
              {raised, Text} -> Text;
              {error, Reason} -> short(Reason);
              Other -> short(Other)
          end,
    fail(Format ++ ": ~ts", Args ++ [Why]).

text(Format, Args) ->
    unicode:characters_to_binary(io_lib:format(Format, Args)).

%% Reasons hold whole states at times: deep parts are left out.
short(Term) ->
    io_lib:format("~0tP", [Term, 25]).

exception(Class, Reason, Stack) ->
    Where = case Stack of
                [{M, F, A, _} | _] when is_integer(A) -> io_lib:format(" in ~ts:~ts/~p", [module_name(M), F, A]);
                [{M, F, A, _} | _] -> io_lib:format(" in ~ts:~ts/~p", [module_name(M), F, length(A)]);
                _ -> ""
            end,
    text("~p ~ts~ts", [Class, short(Reason), Where]).

reply({reply, {error, {'EXIT', {Reason, [{_, _, _, _} | _] = Stack}}}}) -> exception(error, Reason, Stack);
reply({reply, {error, {'EXIT', Reason}}}) -> exception(exit, Reason, []);
reply({reply, {error, Reason}}) -> ["returned ", short(Reason)];
reply({reply, Other}) -> short(Other);
reply({down, Reason}) -> ["died: ", short(Reason)];
reply(timeout) -> "did not return in time".

module_name(Module) ->
    case atom_to_list(Module) of
        "Elixir." ++ Name -> Name;
        Name -> Name
    end.

modules(Modules) ->
    lists:join(", ", [module_name(M) || M <- Modules]).

pids(Pids) ->
    lists:join(", ", [pid_to_list(Pid) || Pid <- Pids]).

processes(Pids, C) ->
    lists:join(", ", [process(Pid, C) || Pid <- Pids]).

%% For a person: pid, registered name, where it is, whose child it is.
process(Pid, #{tree := Tree}) ->
    Info = case process_info(Pid, [registered_name, current_function]) of undefined -> []; List -> List end,
    Name = case proplists:get_value(registered_name, Info) of
               undefined -> [];
               [] -> [];
               Registered -> [" ", atom_to_list(Registered)]
           end,
    Where = case proplists:get_value(current_function, Info) of
                {M, F, A} -> io_lib:format(" in ~ts:~ts/~p", [module_name(M), F, A]);
                _ -> []
            end,
    [pid_to_list(Pid), Name, Where, path_of(maps:get(Pid, Tree, none), Tree)].

path_of({_, Parent, Id, _, _}, Tree) when is_pid(Parent) ->
    [io_lib:format(" child ~0tp of ", [Id]), short_name(Parent), path_of(maps:get(Parent, Tree, none), Tree)];
path_of(_, _) ->
    [].

short_name(Pid) ->
    case process_info(Pid, registered_name) of
        {registered_name, Name} -> atom_to_list(Name);
        _ -> pid_to_list(Pid)
    end.
