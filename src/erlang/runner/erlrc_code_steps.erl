%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Steps that read, check, load and remove modules (include/erlrc/plan/code_steps.hpp).
-module(erlrc_code_steps).
-export([code_step/3]).
-import(erlrc_call, [bounded/4, now_ms/0]).
-import(erlrc_code, [await_load/2, beam_file/2, beam_files/2, begin_load/2, check_old_code/4, delete/1,
                     doomed_by_purge/2, generated/1, is_generated/1, kill_users/1, load/4, loaded_md5/1,
                     own_modules/2, read_beam/2, read_files/1, running_code/2, soft_purge_old/1,
                     users_of_old_code/1]).
-import(erlrc_undo_code, [comes_later/1, put_back/3, replace/3]).
-import(erlrc_effects, [note_world/0]).
-import(erlrc_journal, [journal/2, remark/2]).
-import(erlrc_later, [await_conversions/1]).
-import(erlrc_library, [check_libraries/5, check_nifs/1, load_with_library/4, modules_of_libraries/1,
                        with_nifs/1]).
-import(erlrc_origin, [check_origin/3]).
-import(erlrc_pins, [pin_libraries/2]).
-import(erlrc_ports, [check_ports/1]).
-import(erlrc_conversion, [ask_ready/1]).
-import(erlrc_rows, [check_rows/1]).
-import(erlrc_stranded, [name_killed/2, name_served/2]).
-import(erlrc_table_lambda, [lambda_tables/3, name_lambda_tables/1, report_lost_lambdas/2]).
-import(erlrc_text, [expect/4, fail/2, modules/1, text/2]).
-import(erlrc_unserved, [check_callbacks/1, check_loops/1]).

%% First what is done while processes wait: clauses are tried one after the other.
code_step(do, {switch_modules, Modules}, #{loads := Loads, backup := Backup, ready := Ready} = C) ->
    lists:foreach(fun code:purge/1, lists:filter(fun erlang:check_old_code/1, Modules)),
    journal(code, {switch_modules, Modules, Backup}),
    %% The processes answer with their states while the node waits for its schedulers to take the new code.
    %% Were this process busy meanwhile, the node would wait for it.
    Asked = ask_ready(Ready),
    case bounded(code, finish_loading, [maps:get(Modules, Loads)], C) of
        ok -> C#{ready := Asked};
        Failed -> expect(ok, Failed, "~ts: cannot be loaded", [modules(Modules)])
    end;
code_step(undo, {switch_modules, Modules, Backup}, _) ->
    %% Each module by itself: what cannot be put back of one must not keep the others from it.
    lists:foreach(fun(Module) ->
                          journal(code, {code, Module, maps:get(Module, Backup, not_loaded)})
                  end, Modules);

%% Again: for its library, even if the same code is loaded.
code_step(do, {load_new, Module, Again}, #{code := Code, backup := Backup, nifs := Nifs} = C) ->
    {File, Beam} = maps:get(Module, Code),
    HasNifs = lists:member(Module, Nifs),
    IsSame = loaded_md5(Module) =:= code:module_md5(Beam),
    case IsSame andalso not (Again andalso HasNifs) orelse is_generated(Module) of
        true ->
            C;
        false ->
            Kind = case IsSame of true -> library; false -> code end,
            journal(code, {Kind, Module, maps:get(Module, Backup, not_loaded)}),
            _ = case HasNifs of
                    true -> load_with_library(Module, File, Beam, C);
                    false -> load(Module, File, Beam, C)
                end,
            C
    end;
%% The digest does not show whether it was loaded: the old code does.
code_step(undo, {library, Module, Previous}, C) ->
    case erlang:check_old_code(Module) of
        true -> replace(Module, Previous, C);
        false -> ok
    end;
%% A process that runs the code keeps running it: nothing but its file is another one.
code_step(do, {move_modules, Ebin, Named, Modules}, C) ->
    lists:foreach(fun(Module) ->
                          {File, Beam} = {beam_file(Named, Module), read_beam(Ebin, Module)},
                          case code:is_loaded(Module) of
                              {file, [$/ | _] = Before} when Before =/= File ->
                                  loaded_md5(Module) =:= code:module_md5(Beam)
                                      andalso soft_purge_old(Module)
                                      andalso begin
                                          journal(code, {moved, Module, Before, Beam}),
                                          load(Module, File, Beam, C)
                                      end;
                              _ ->
                                  ok
                          end
                  end, Modules),
    C;
code_step(undo, {moved, Module, Before, Beam}, C) ->
    code:is_loaded(Module) =/= {file, Before} andalso soft_purge_old(Module)
        andalso load(Module, Before, Beam, C);
code_step(do, {remove_module, App, Module}, #{backup := Backup} = C) ->
    case erlang:module_loaded(Module) andalso not is_generated(Module) andalso own_modules(App, [Module]) of
        [Module] ->
            journal(code, {code, Module, maps:get(Module, Backup, not_loaded)}),
            delete(Module);
        _ ->
            ok
    end,
    C;
code_step(do, {load_modules, Ebin, Named, Items}, #{backup := Backup} = C) ->
    %% A version may have been removed whose libraries are still in memory.
    HaveLibraries = modules_of_libraries(Ebin),
    lists:foreach(fun({Module, Md5}) ->
                          case loaded_md5(Module) of
                              Md5 ->
                                  ok;
                              _ ->
                                  is_generated(Module) orelse begin
                                      pin_libraries(with_nifs([Module]), C),
                                      journal(code, {code, Module, case Backup of
                                                                       #{Module := Running} -> Running;
                                                                       _ -> running_code(Module, Ebin)
                                                                   end}),
                                      {File, Beam} = {beam_file(Named, Module), read_beam(Ebin, Module)},
                                      _ = case lists:member(Module, HaveLibraries) of
                                              true -> load_with_library(Module, File, Beam,
                                                                        C#{libraries := Ebin});
                                              false -> load(Module, File, Beam, C)
                                          end,
                                      check_loaded([{Module, Md5}])
                                  end
                          end
                  end, Items),
    C;
code_step(do, {unload_modules, App, Modules}, #{restarted := Stopped} = C) ->
    %% It may have loaded others while it was stopped.
    Listed = case lists:member(App, Stopped) andalso application:get_key(App, modules) of
                 {ok, All} -> All;
                 _ -> []
             end,
    Loaded = lists:filter(fun erlang:module_loaded/1, own_modules(App, lists:usort(Modules ++ Listed))),
    name_served(Loaded, C),
    lists:foreach(fun(Module) ->
                          journal(code, {code, Module, running_code(Module, "")}),
                          delete(Module)
                  end, Loaded),
    name_killed(users_of_old_code(Loaded), C),
    report_lost_lambdas(lambda_tables(Loaded, #{}, #{}), C),
    lists:foreach(fun code:purge/1, Loaded),
    C;
code_step(undo, {code, Module, Previous} = Entry, C) ->
    case erlang:module_loaded(Module) andalso comes_later(Entry) of
        true -> ok;
        false -> put_back(Module, Previous, C)
    end;

code_step(do, {read_code, Ebin, Named, Modules, Switched}, #{code := Code} = C) ->
    Files = beam_files(Ebin, Modules),
    {Results, Beams} = lists:unzip(read_files(Files)),
    case lists:keyfind(error, 1, lists:zip3(Results, Files, Beams)) of
        false -> ok;
        {error, File, Reason} -> fail("~ts: ~ts", [File, file:format_error(Reason)])
    end,
    New = maps:merge(Code, maps:from_list(lists:zip(Modules, lists:zip(beam_files(Named, Modules), Beams)))),
    %% The application has made other code of some while it ran.
    Generated = generated(lists:append(Switched)),
    C#{code := New, loads := [{Group, begin_load(Group -- Generated, New)} || Group <- Switched]};
code_step(do, {back_up_code, Ebin, Modules, Read}, #{backup := Backup} = C) ->
    Loaded = lists:filter(fun erlang:module_loaded/1, Modules),
    Each = fun(Same) -> lists:duplicate(length(Loaded), Same) end,
    Files = beam_files(Ebin, Loaded),
    {Results, Beams} = lists:unzip(read_files(Files)),
    Names = lists:map(fun code:is_loaded/1, Loaded),
    check_origin(Loaded, Names, Ebin),
    Running = lists:zipwith(fun erlang:get_module_info/2, Loaded, Each(md5)),
    Digests = lists:zipwith3(fun maps:get/3, Loaded, Each(maps:from_list(Read)), Each(unread)),
    There = case Results =:= Each(ok) andalso Names =:= lists:zip(Each(file), Files)
                andalso Digests =:= Running of
                true -> lists:zip(Loaded, lists:zip(Files, Beams));
                false -> in_place(lists:zip3(Loaded, Running, Digests), lists:zip3(Results, Names, Beams))
            end,
    Found = maps:from_list(There),
    Others = [{Module, running_code(Module, Ebin)} || Module <- Modules -- maps:keys(Found)],
    Generated = generated(Modules),
    Generated =:= [] orelse remark("code that was made while the node ran stays as it is: ~ts",
                                   [modules(Generated)]),
    case [Module || {Module, gone} <- Others] -- Generated of
        [] -> ok;
        Gone -> fail("the code that runs is not in any file, so that it could not be rolled back to: ~ts",
                     [modules(Gone)])
    end,
    C#{backup := maps:merge(maps:merge(Backup, Found), maps:from_list(Others))};
code_step(do, {back_up_replaced, Ebin, Items}, C) ->
    {Modules, _} = lists:unzip(Items),
    Loaded = lists:filter(fun erlang:module_loaded/1, Modules),
    Replaced = [Module || Module <- Loaded, not lists:member({Module, loaded_md5(Module)}, Items),
                          not is_generated(Module)],
    code_step(do, {back_up_code, Ebin, Replaced, []}, C);
code_step(do, {check_libraries, Ebin, Changed, Again, Kept}, C) ->
    check_libraries(Ebin, Changed, Again, Kept, C);
code_step(do, {check_ports, Ebin}, C) ->
    check_ports(Ebin),
    C;
code_step(do, {check_loaded, Items}, C) ->
    check_loaded(Items),
    Done = C#{removal_is_done := true},
    check_callbacks(Done),
    %% A rollback would kill them.
    check_loops(Done#{stranded := report}),
    check_rows(C),
    name_lambda_tables(C),
    C;
code_step(do, check_nifs, C) ->
    check_nifs(C),
    C;
code_step(do, {pin_libraries, Modules}, #{same := Same} = C) ->
    pin_libraries(Modules -- Same, C),
    C;
code_step(do, {check_old_code, Modules, Policy, Killing}, C) ->
    C#{to_kill := check_old_code(Modules, Policy, now_ms(), C), to_purge := doomed_by_purge(Killing, C)};
code_step(do, pass_point_of_no_return, #{loads := Loads} = C) ->
    note_world(),
    await_conversions(C),
    Ready = maps:from_list([{Group, await_load(Begun, C)} || {Group, Begun} <- Loads]),
    kill_users(C),
    C#{loads := Ready};
code_step(undo, {killing, Named}, _) ->
    [text("~ts: was killed, because it ran the code before the last upgrade", [Name])
     || {Pid, Name} <- Named, not is_process_alive(Pid)];
%% Only after all else succeeded, on the other nodes, too, because nothing can undo it; and only after the
%% client has the outcome (erlrc_runner), because it takes longer than all the rest where there are many
%% modules or processes.
code_step(do, {post_purge, Purges}, C) ->
    C#{purges := Purges}.

%% What the application has made or removed itself is its own.
check_loaded(Items) ->
    {Modules, _} = lists:unzip(Items),
    Loaded = lists:filter(fun erlang:module_loaded/1, Modules),
    Running = lists:zip(Loaded, lists:zipwith(fun erlang:get_module_info/2, Loaded,
                                              lists:duplicate(length(Loaded), md5))),
    {Others, _} = lists:unzip(Running -- Items),
    Changed = Others -- generated(Others),
    Changed =:= [] orelse fail("modules whose files have changed since the plan was made: ~ts; run it again",
                              [modules(Changed)]).

%% Nearly all modules lie where they should, and the client has digested their files just now.
in_place(Modules, Files) ->
    [{Module, {Name, Beam}}
     || {{Module, Running, Digest}, {ok, {file, Name}, Beam}} <- lists:zip(Modules, Files), is_list(Name),
        Running =:= case Digest of unread -> code:module_md5(Beam); _ -> Digest end].
