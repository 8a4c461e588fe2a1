%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The steps of a plan: one clause of step/2 for each kind, which writes into the journal what takes it back (erlrc_undo)
%% before it changes something. C is what the steps of one plan know of each other: the modules read, the processes that
%% are suspended, the versions that ran.
-module(erlrc_step).
-export([step/2]).
-import(erlrc_app, [all_keys/1, config_change/3, configuration/1, environment/1, is_included/1, is_there/1, loaded_apps/0, set_at_run_time/4,
                    start_type/2, unload/3, unloaded_with/2]).
-import(erlrc_call, [bounded/4, hook/4, now_ms/0]).
-import(erlrc_children, [change_children/2, keep_children/3]).
-import(erlrc_otp, [eval_script/6]).
-import(erlrc_conversion, [ask_ready/1, ready/2, ready_states/2]).
-import(erlrc_restart, [belongings/2, restart/4, running/2, stoppable/3]).
-import(erlrc_code, [beam_file/2, beam_files/2, check_old_code/4, delete/1, load/4, loaded_md5/1, prepare/2, prepared/2,
                     read_beam/2, read_files/1, running_code/2, running_vsn/2]).
-import(erlrc_journal, [journal/1]).
-import(erlrc_library, [check_libraries/2, check_nifs/0, hold_libraries/2]).
-import(erlrc_path, [replace_path/3]).
-import(erlrc_suspend, [suspend/4]).
-import(erlrc_record, [check_records/4]).
-import(erlrc_stranded, [check_stranded/5, look_at/1]).
-import(erlrc_sys, [ask/3, ask/4, check_resumed/2, failures/1, resume_with_states/3]).
-import(erlrc_text, [expect/4, fail/2, module_name/1, modules/1, process/2, processes/2, reply/1, short/1, short_name/1]).
-import(erlrc_tree, [column/2, remember/2, trees/2]).

%% First what is done while processes wait: clauses are tried one after the other.
step({suspend_processes, Apps, Items, Next}, #{trees := Trees, vsns := Vsns} = C) ->
    Running = maps:from_list([{Module, running_vsn(Module, C)} || {Module, _} <- Items]),
    %% Rather now than while they wait.
    erlang:garbage_collect(self(), [{type, minor}]),
    suspend(Apps, Items, Next, C#{trees := lists:usort(Apps ++ Trees), vsns := maps:merge(Vsns, Running)});
step({convert_processes, Mode, _} = Step, #{converted := Converted} = C) ->
    {_, Items, Jobs, Concerned, Requests, _, _} = Ready = ready(Step, C),
    Before = case ready_states(Ready, C) of
                 {States, []} -> States;
                 {_, Silent} -> fail("no state to come back to, because it cannot be read: ~ts",
                                     [processes([Pid || {Pid, _} <- Silent], C)])
             end,
    journal({converted, Mode, Items, Jobs, Before}),
    case failures(ask(Concerned, Requests, standard, C)) of
        [] ->
            C#{converted := maps:merge(Converted, maps:from_list(Before)), ready := none};
        Failures ->
            lists:foreach(fun({Pid, timeout}) -> journal({stuck, Pid, proplists:lookup(Pid, Before), C});
                             (_) -> ok
                          end, Failures),
            fail("code_change failed: ~ts", [lists:join("; ", [[process(Pid, C), ": ", reply(Reply)]
                                                               || {Pid, Reply} <- Failures])])
    end;
step({resume_processes, Modules}, #{suspended := Suspended, converted := Converted, trees := Apps} = C) ->
    Left = maps:without(Modules, Suspended),
    Stay = case lists:filter(fun erlang:is_atom/1, maps:keys(Left)) of
               [] -> #{};
               _ -> maps:without(parents_done(Left), Left)
           end,
    Pids = lists:usort(lists:append(maps:values(Suspended))) -- lists:append(maps:values(Stay)),
    {States, Replies} = resume_with_states(Pids, maps:keys(maps:with(Pids, Converted)), C),
    journal({resumed, Pids, States, Apps, Modules}),
    check_resumed(Replies, C),
    C#{suspended := Stay};
step({switch_modules, Modules}, #{prepared := Prepared, kept := Kept, ready := Ready} = C) ->
    lists:foreach(fun code:purge/1, lists:filter(fun erlang:check_old_code/1, Modules)),
    journal({switched, Modules, Kept}),
    %% They tell their states while the node waits for its schedulers to take the new code. Were this process busy
    %% meanwhile, the node would wait for it.
    Asked = ask_ready(Ready),
    case bounded(code, finish_loading, [maps:get(Modules, Prepared)], C) of
        ok -> C#{ready := Asked};
        Failed -> expect(ok, Failed, "~ts: cannot be loaded", [modules(Modules)])
    end;

step({require_loaded, App, Vsn}, C) ->
    case application:get_key(App, vsn) of
        {ok, Vsn} -> C;
        {ok, Other} -> fail("~ts has version ~ts, not ~ts", [App, Other, Vsn]);
        undefined -> fail("~ts is not loaded", [App])
    end;
step({require_not_running, App}, C) ->
    case start_type(App, C) of
        none -> C;
        _ -> fail("~ts runs", [App])
    end;

step({stay_running, App, Type}, C) ->
    %% Without a callback module it has no process, and cannot end by itself.
    is_pid(application_controller:get_master(App)) andalso put(stays, {App, Type}),
    C;

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
    case start_type(App, C) of
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
step({start_needed, Apps}, C) ->
    lists:foldl(fun(App, C1) -> start_needed(App, [], C1) end, C, Apps);
step({stop_app, App}, C) ->
    case start_type(App, C) of
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
    Before = environment(App),
    journal({app_changed, App, Keys}),
    expect(ok, bounded(application_controller, change_application_data, [[To], Conf], C),
           "~ts: change of its specification", [App]),
    lists:foreach(fun({Key, Value}) -> application:set_env(App, Key, Value) end, Set),
    lists:foreach(fun(Key) -> application:unset_env(App, Key) end, Unset),
    %% A callback that fails has heard of the change all the same.
    journal({config_changed, App, unsure}),
    config_change(App, Before, C),
    [_ | Journal] = get(journal),
    put(journal, [{config_changed, App, told} | Journal]),
    C;

step({back_up_replaced, Ebin, Items}, C) ->
    {Modules, _} = lists:unzip(Items),
    Loaded = lists:filter(fun erlang:module_loaded/1, Modules),
    step({back_up_code, Ebin, [Module || Module <- Loaded, not lists:member({Module, loaded_md5(Module)}, Items)], []}, C);
step({load_modules, Ebin, Named, Items}, #{kept := Kept} = C) ->
    lists:foreach(fun({Module, Md5}) ->
                          case loaded_md5(Module) of
                              Md5 ->
                                  ok;
                              _ ->
                                  journal({code, Module, case Kept of
                                                             #{Module := Running} -> Running;
                                                             _ -> running_code(Module, Ebin)
                                                         end}),
                                  load(Module, beam_file(Named, Module), read_beam(Ebin, Module), C)
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

step({back_up_code, Ebin, Modules, Read}, #{kept := Kept} = C) ->
    Loaded = lists:filter(fun erlang:module_loaded/1, Modules),
    Each = fun(Same) -> lists:duplicate(length(Loaded), Same) end,
    Files = beam_files(Ebin, Loaded),
    {Results, Beams} = lists:unzip(read_files(Files)),
    Names = lists:map(fun code:is_loaded/1, Loaded),
    Running = lists:zipwith(fun erlang:get_module_info/2, Loaded, Each(md5)),
    Digests = lists:zipwith3(fun maps:get/3, Loaded, Each(maps:from_list(Read)), Each(unread)),
    There = case Results =:= Each(ok) andalso Names =:= lists:zip(Each(file), Files) andalso Digests =:= Running of
                true -> maps:from_list(lists:zip(Loaded, lists:zip(Files, Beams)));
                false -> maps:from_list(in_place(lists:zip3(Loaded, Running, Digests), lists:zip3(Results, Names, Beams)))
            end,
    Others = [{Module, running_code(Module, Ebin)} || Module <- Modules -- maps:keys(There)],
    case [Module || {Module, gone} <- Others] of
        [] -> ok;
        Gone -> fail("the code that runs cannot be found in any file, so that an undo would not be possible: ~ts",
                     [modules(Gone)])
    end,
    C#{kept := maps:merge(maps:merge(Kept, There), maps:from_list(Others))};
step({check_libraries, Ebin, Modules}, C) ->
    check_libraries(Ebin, Modules),
    C;
step(check_nifs, C) ->
    check_nifs(),
    C;
step({pin_libraries, Ebin}, C) ->
    hold_libraries(Ebin, C),
    C;
step({read_code, Ebin, Named, Modules, Switched}, #{code := Code} = C) ->
    Files = beam_files(Ebin, Modules),
    {Results, Beams} = lists:unzip(read_files(Files)),
    case lists:keyfind(error, 1, lists:zip3(Results, Files, Beams)) of
        false -> ok;
        {error, File, Reason} -> fail("~ts: ~ts", [File, file:format_error(Reason)])
    end,
    New = maps:merge(Code, maps:from_list(lists:zip(Modules, lists:zip(beam_files(Named, Modules), Beams)))),
    C#{code := New, preparing := [{Group, prepare(Group, New)} || Group <- Switched]};
step({check_old_code, Modules, Policy}, C) ->
    check_old_code(Modules, Policy, now_ms(), C),
    C;
step({check_stranded, Apps, Changing, Converted, Handling, Policy, Records}, C) ->
    %% First these: who is born after that into a tree will be found there when it is suspended.
    All = processes() -- [self()],
    {Procs, Known, _} = trees(Apps, C),
    Told = column(1, lists:append(maps:values(maps:with(Converted, Known)))),
    check_records(Changing, Told, Records, C),
    %% A forecast has many of this step, one after the other.
    Seen = case get(seen) of undefined -> look_at(All); Before -> Before end,
    put(seen, Seen),
    check_stranded(maps:without(Told, Seen), Changing, Handling, Policy, remember(Procs, C)),
    C;
step(pass_point_of_no_return, #{preparing := Preparing} = C) ->
    erase(seen),
    C#{prepared => maps:from_list([{Group, prepared(Begun, C)} || {Group, Begun} <- Preparing])};
step({load_new, Module}, #{code := Code, kept := Kept} = C) ->
    {File, Beam} = maps:get(Module, Code),
    case loaded_md5(Module) =:= code:module_md5(Beam) of
        true ->
            C;
        false ->
            journal({code, Module, maps:get(Module, Kept, not_loaded)}),
            load(Module, File, Beam, C),
            C
    end;
step({remove_module, Module}, #{kept := Kept} = C) ->
    case erlang:module_loaded(Module) of
        true ->
            journal({code, Module, maps:get(Module, Kept, not_loaded)}),
            delete(Module);
        false ->
            ok
    end,
    C;
%% Only after all else succeeded, on the other nodes, too, because nobody can take it back; and only after the client heard
%% of it (erlrc_runner), because it takes longer than all the rest where there are many modules or processes.
step({post_purge, Purges}, C) ->
    put(purges, Purges),
    C;

step({check_stop, Apps, Modules}, C) ->
    _ = stoppable(Apps, Modules, C),
    C;
step({terminate_processes, Apps, Modules}, #{terminated := Terminated} = C) ->
    Children = stoppable(Apps, Modules, C),
    States = maps:from_list([{Pid, State} || {Pid, {reply, {ok, State}}} <- ask([{Pid, get_state} || {Pid, _, _, _, _} <- Children],
                                                                                 standard, C)]),
    lists:foreach(fun({Pid, Parent, Id, Specification, _}) ->
                          Name = short_name(Pid),
                          journal({terminated, Parent, Id, Specification,
                                   {Pid, Name, maps:find(Pid, States), belongings(Pid, Parent)}}),
                          expect(ok, bounded(supervisor, terminate_child, [Parent, Id], C), "~ts: stop", [Name])
                  end, Children),
    C#{terminated := Children ++ Terminated};
step({start_terminated, Modules}, #{terminated := Terminated} = C) ->
    Children = running(Modules, Terminated),
    lists:foreach(fun({_, Parent, Id, Specification, _}) ->
                          journal({restarted, Parent, Id}),
                          case restart(Parent, Id, Specification, C) of
                              {ok, _} -> ok;
                              {error, Why} -> fail("child ~0tp: start: ~ts", [Id, short(Why)])
                          end
                  end, Children),
    C#{terminated := Terminated -- Children};

step({note_children, Apps, Items}, C) ->
    C#{children => keep_children(Apps, Items, C)};
step(change_children, #{children := Kept} = C) ->
    change_children(Kept, C),
    C;

step({eval_script, Version, Script, Trees, From, To}, C) ->
    eval_script(Version, Script, Trees, From, To, C);

step({apply_hook, {M, F, A}, Undo}, C) ->
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

%% Nearly all modules lie where they should, and the client has digested their files just now.
in_place(Modules, Files) ->
    [{Module, {Name, Beam}}
     || {{Module, Running, Digest}, {ok, {file, Name}, Beam}} <- lists:zip(Modules, Files), is_list(Name),
        Running =:= case Digest of unread -> code:module_md5(Beam); _ -> Digest end].

%% The supervisors that were suspended along with the processes of some modules go on with the last of those.
parents_done(Left) ->
    [Parents || {parents, Modules} = Parents <- maps:keys(Left), [M || M <- Modules, is_map_key(M, Left)] =:= []].

%% What it needs itself comes before. One that another application includes runs inside that one, or not at all.
start_needed(App, Seen, C) ->
    case lists:member(App, Seen) orelse start_type(App, C) =/= none orelse is_included(App) orelse not is_there(App) of
        true ->
            C;
        false ->
            Loaded = step({load_app, App, App}, C),
            {ok, Needed} = application:get_key(App, applications),
            Ready = lists:foldl(fun(Each, C1) -> start_needed(Each, [App | Seen], C1) end, Loaded, Needed),
            step({start_app, App, temporary}, Ready)
    end.
