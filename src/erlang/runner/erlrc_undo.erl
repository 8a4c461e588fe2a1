%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What takes steps back: one clause of undo/2 for each kind of journal entry (erlrc_step, erlrc_suspend). The entries are
%% undone from the newest to the oldest, each finds the node as its step left it.
-module(erlrc_undo).
-export([undo_all/0]).
-import(erlrc_app, [await_end/3, change_back/3, config_change/3, end_start/3, environment/1, has_ended/1,
                    set_environment/2, start_type/2, starting_apps/1, unload/3]).
-import(erlrc_call, [bounded/4, hook/4, now_ms/0]).
-import(erlrc_children, [added_ids/2, drop_children/3, start_stopped/4]).
-import(erlrc_restart, [give_back/6, restart/4]).
-import(erlrc_code, [load/4, loaded_md5/1, users_of_old_code/1]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_library, [has_lost_nifs/1]).
-import(erlrc_path, [restore_path/1]).
-import(erlrc_revive, [revive/4]).
-import(erlrc_suspend, [freeze/2, suspend/4, withdraw/1]).
-import(erlrc_sys, [ask/3, failures/1, gone/1, has_state/1, replace_state/3, replace_states/2, resume/2]).
-import(erlrc_text, [exception/3, expect/4, fail/2, module_name/1, process/2, reply/1, short/1, text/2]).
-import(erlrc_tree, [is_event_manager/1, is_supervisor/1, is_suspended/1]).

undo_all() ->
    Touched = get(journal) =/= [],
    put(undo_until, now_ms() + 30000),
    put(stuck, []),
    put(newborn, []),
    put(again, #{}),
    Left = undo_all([]),
    %% What was too slow for its time limit may come to its end before that of the plan, and nobody else waits for it.
    Stuck = get(stuck),
    Until = lists:max([now_ms() + 100 | [min(Deadline, get(undo_until)) || {_, _, #{deadline := Deadline}} <- Stuck]]),
    Replies = ask([{Pid, get_state} || {Pid, _, _} <- Stuck], infinity, #{deadline => Until}),
    Revived = lists:append([undo_one({case Reply of timeout -> revive; _ -> returned end, Entry})
                            || {{_, Reply}, Entry} <- lists:zip(Replies, Stuck)]),
    Ended = case get(stays) of
                {App, Type} when Touched -> undo_one({runs, App, Type});
                _ -> []
            end,
    _ = ask([{Pid, suspend} || Pid <- lists:usort(get(asleep))], 1000, #{deadline => now_ms() + 1000}),
    lists:reverse(Ended ++ Revived ++ Left).

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
    %% Whoever does not answer must not take the time of all others.
    C = #{deadline => max(get(undo_until), now_ms() + 1000), tree => #{}, suspended => #{}, vsns => #{}, ready => none},
    try undo(Entry, C) of
        Left when is_list(Left) -> Left;
        _ -> []
    catch
        throw:{fail, Why} -> [Why];
        Class:Reason:Stack -> [text("undo of ~p: ~ts", [element(1, Entry), exception(Class, Reason, Stack)])]
    end.

undo({path, Path}, _) ->
    restore_path(Path);
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
    case lists:member(App, starting_apps(C)) of
        true ->
            end_start(App, now_ms() + 5000, C);
        false ->
            case bounded(application, stop, [App], C) of
                ok -> ok;
                {error, {not_started, App}} -> ok;
                Other -> fail("~ts: stop: ~ts", [App, short(Other)])
            end
    end;
undo({runs, App, Type}, C) ->
    case has_ended(App) of
        true ->
            await_end(App, now_ms() + 5000, C),
            start_type(App, C) =:= none
                andalso expect(ok, bounded(application, start, [App, Type], C), "~ts: start again", [App]),
            remark("~ts: had ended and is started again; what its processes knew is lost", [App]);
        false ->
            ok
    end;
undo({app_stopped, App, Type}, C) ->
    case start_type(App, C) of
        none ->
            expect(ok, bounded(application, start, [App, Type], C), "~ts: start again", [App]),
            application:get_key(App, mod) =:= {ok, []} orelse
                remark("~ts: was stopped and is started again; what its processes knew is lost", [App]);
        _ ->
            ok
    end;
undo({app_changed, App, Keys}, C) ->
    change_back(App, Keys, C);
undo({configuration, Conf}, C) ->
    expect(ok, bounded(application_controller, change_application_data, [[], Conf], C), "configuration", []);
undo({config_changed, App, Told}, C) ->
    %% The callback heard of the change, so it hears of its end. app_changed is the next entry of the journal.
    Before = environment(App),
    [{app_changed, App, Keys} | Rest] = get(journal),
    put(journal, Rest),
    change_back(App, Keys, C),
    case Told of
        told -> config_change(App, Before, C);
        %% One that fails whatever it hears of.
        unsure -> _ = (catch config_change(App, Before, C)), ok
    end;
undo({code, Module, {File, Beam} = Previous}, C) ->
    %% If the step failed before it changed the code, to load it again would make those who run it linger in old code. If it
    %% loaded the same code from another file, the file is worth less than a process that lingers since then.
    case loaded_md5(Module) =:= code:module_md5(Beam)
        andalso (code:is_loaded(Module) =:= {file, File} orelse not code:soft_purge(Module)) of
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
    Added = [{Pid, Ids} || {Pid, Jobs} <- maps:to_list(maps:with(Pids, get(again))), {_, _, _, {init, Ids}} <- Jobs],
    Left = convert_again(Pids -- Stuck, C),
    Left ++ try resume(Pids -- Stuck, C), [] catch throw:{fail, Why} -> [Why] end
        ++ lists:append([drop_children(Pid, Ids, C) || {Pid, Ids} <- Added]);
undo({resumed, Pids, States, Apps, Modules}, C) ->
    %% Supervisors that are suspended at this moment could not tell their children, nor event managers their handlers.
    Asleep = [Pid || Pid <- frozen(get(journal)), is_suspended(Pid), is_supervisor(Pid) orelse is_event_manager(Pid)],
    resume(Asleep, C),
    %% Suspended again, until the undo of the first suspending, which comes later, lets them go on. Processes that were
    %% started since then, by the new code, are as much concerned.
    put(resumed, States ++ case get(resumed) of undefined -> []; Older -> Older end),
    Journal = get(journal),
    Left = try suspend(Apps, [{Module, standard} || Module <- Modules], none, C) of
               #{suspended := Suspended} ->
                   New = [{Pid, Module} || Module <- Modules, Pid <- maps:get(Module, Suspended) -- Pids],
                   %% Supervisors that were not there when the step was done.
                   Now = lists:sublist(get(journal), length(get(journal)) - length(Journal)),
                   put(newborn, [{Pid, none} || Pid <- frozen(Now) -- frozen(Journal)] ++ New ++ get(newborn)),
                   {_, Waiting} = freeze(Pids -- lists:append(maps:values(Suspended)), 1000),
                   withdraw(Waiting),
                   []
           catch
               throw:{fail, Why} ->
                   {_, Waiting} = freeze(Pids, 1000),
                   withdraw(Waiting),
                   [["for the undo: ", Why]]
           end,
    {_, Late} = freeze(Asleep, 1000),
    withdraw(Late),
    put(journal, Journal),
    [text("~ts", [Text]) || Text <- Left];
undo({converted, Mode, Items, Groups, Before}, C) ->
    Jobs = [{Pid, Module, Vsn, Extra} || {Module, Vsn, Extra, Pids} <- Groups, Pid <- Pids],
    Old = maps:without([Pid || {Pid, _, _} <- get(stuck)], maps:from_list(Before)),
    New = [{Pid, Module, Vsn, Extra} || {Module, Vsn, Extra} <- Items, {Pid, M} <- get(newborn), M =:= Module],
    restore(Old, New, Mode, Jobs, C);
undo({stuck, Pid, Snapshot, C}, _) ->
    %% It is inside a code_change that does not return. Only when the old code is back it can be started again in that.
    put(stuck, [{Pid, Snapshot, C} | get(stuck)]),
    ok;
undo({returned, {Pid, Snapshot, _}}, C) ->
    Left = case Snapshot of {_, State} -> replace_state(Pid, State, C); none -> [] end ++ convert_again([Pid], C),
    resume([Pid], C),
    Left;
undo({revive, {Pid, Snapshot, StepC}}, C) ->
    Tree = maps:get(tree, StepC),
    revive(Pid, Snapshot, maps:get(Pid, Tree, none), C#{tree := Tree});
undo({terminated, Parent, Id, Specification, {Pid, Name, State, Belongings}}, C) ->
    %% If it is still ending, its supervisor waits for that before it answers anybody.
    is_process_alive(Pid) andalso bounded(supervisor, count_children, [Parent], C) =:= timeout
        andalso fail("~ts: is still ending, and not started again", [Name]),
    case not is_process_alive(Pid) andalso restart(Parent, Id, Specification, C) of
        false -> ok;
        {error, running} -> ok;
        {ok, New} -> give_back(New, State, Pid, Name, Belongings, C);
        {error, Why} -> fail("~ts: start again: ~ts", [Name, short(Why)])
    end;
undo({restarted, Parent, Id}, C) ->
    case bounded(supervisor, terminate_child, [Parent, Id], C) of
        {error, not_found} -> ok;  % a temporary one that was not started
        Answer -> expect(ok, Answer, "child ~0tp: stop", [Id])
    end;
undo({child_started, Supervisor, Id}, C) ->
    case is_process_alive(Supervisor) andalso bounded(supervisor, terminate_child, [Supervisor, Id], C) of
        false -> ok;
        {error, not_found} -> ok;
        Result -> expect(ok, Result, "child ~0tp: stop", [Id])
    end;
undo({child_stopped, Supervisor, Id, Snapshot}, C) ->
    start_stopped(Supervisor, Id, Snapshot, C);
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

frozen(Journal) ->
    lists:usort([Pid || {suspended, Frozen} <- Journal, Pid <- Frozen]).

%% The code from before, which a process may still run that never noticed the change.
put_back(Module, Previous, C) ->
    old_path(),
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
          module_name(Module)]) || Pid <- Killed]
        ++ [text("~ts: has the code from before, but not its NIFs, which nobody loads", [module_name(Module)])
            || has_lost_nifs(Module)].

%% Code that is loaded again may ask where its application lies, for its NIF library (code:priv_dir/1), and must find its
%% own version.
old_path() ->
    case lists:keyfind(path, 1, lists:reverse(get(journal))) of
        {path, Path} -> restore_path(Path);
        false -> ok
    end.

%% The states from before the conversion. If a process went on with the new one meanwhile, what it learnt since is kept by
%% letting its author's code convert it back, if that works; and so is the state of one that the new code started.
restore(Old, New, Mode, Jobs, C) ->
    Known = case get(resumed) of undefined -> []; States -> States end,
    Resumed = maps:with(maps:keys(Old), maps:from_list(lists:reverse(Known))),
    Now = ask([{Pid, get_state} || Pid <- lists:usort(maps:keys(Resumed) ++ [Pid || {Pid, _, _, _} <- New])], standard, C),
    Same = [Pid || {Pid, {reply, {ok, State}}} <- Now, is_map_key(Pid, Resumed), State =:= maps:get(Pid, Resumed)],
    Other = [Pid || {Pid, Reply} <- Now, is_map_key(Pid, Resumed), has_state(Reply)] -- Same,
    Unreadable = [text("~ts: its state cannot be read: ~ts", [process(Pid, C), reply(Reply)])
                  || {Pid, Reply} <- Now, is_map_key(Pid, Resumed), not has_state(Reply), not gone(Reply)],
    Changed = maps:with(Other, Old),
    Back = [Job || {Pid, _, _, _} = Job <- Jobs, is_map_key(Pid, Changed)] ++ New,
    Refused = convert_back(Back, Mode, {Old, Resumed}, C),
    Failed = Refused ++ untouched(Back, Jobs, Refused, {Old, Resumed, Now}, C),
    Lost = [Pid || {Pid, _} <- Failed, is_map_key(Pid, Old)],
    lists:foreach(fun(Pid) ->
                          remark("~ts: has its state from before the upgrade; what happened since is lost", [process(Pid, C)])
                  end, Lost),
    note_modes(Jobs ++ New, C),
    Put = maps:keys(maps:without(maps:keys(Resumed), Old)) ++ Same ++ Lost,
    Unreadable ++ replace_states([{Pid, maps:get(Pid, Old)} || Pid <- Put], C)
        ++ [text("~ts: was started by the new code, and its state could not be converted back: ~ts", [process(Pid, C), Why])
            || {Pid, Why} <- Failed, not is_map_key(Pid, Old)].

%% [{Pid, Why}] of those that did not let themselves be converted.
convert_back(Jobs, Mode, {Old, Resumed}, C) ->
    Supervisors = [Pid || Pid <- lists:usort([Pid || {Pid, _, _, _} <- Jobs]), is_supervisor(Pid)],
    %% Their children may have changed: init/1 of the old code is asked again, once that is loaded. It says which children
    %% there are, but not which are no more.
    again([{Pid, Module, Extra, {init, added_ids(maps:get(Pid, Old, none), maps:get(Pid, Resumed, none))}}
           || {Pid, Module, _, Extra} <- Jobs, lists:member(Pid, Supervisors)]),
    Back = case Mode of up -> {down, undefined}; down -> undefined end,
    Replies = ask([{Pid, {change_code, Module, reverse_vsn(Vsn, Back), Extra}}
                   || {Pid, Module, Vsn, Extra} <- Jobs, not lists:member(Pid, Supervisors)], standard, C),
    lists:ukeysort(1, [{Pid, reply(Reply)} || {Pid, Reply} <- Replies, Reply =/= {reply, ok}, not gone(Reply)]).

%% [{Pid, Why}] of those that said that they are converted, and are as they were. A code_change often has a last clause for
%% whatever its author did not think of; but if the way there changed a state, the way back has to. For a process that the
%% new code started, those of the same module tell whether it did.
untouched(Back, Jobs, Refused, {Old, Resumed, Now}, C) ->
    Before = maps:from_list([{Pid, parts(Pid, State)} || {Pid, {reply, {ok, State}}} <- Now]),
    Pids = [Pid || Pid <- lists:usort([Pid || {Pid, _, _, _} <- Back]), is_map_key(Pid, Before),
                   not lists:keymember(Pid, 1, Refused), not is_supervisor(Pid)],
    Changing = lists:usort([Module || {Pid, Module, _, _} <- Jobs, is_map_key(Pid, Resumed),
                                      maps:get(Pid, Resumed) =/= maps:get(Pid, Old, none)]),
    Born = [Pid || {Pid, Module, _, _} <- Back, not is_map_key(Pid, Old), lists:member(Module, Changing)],
    After = ask([{Pid, get_state} || Pid <- Pids], standard, C),
    [{Pid, "code_change left it as it was"}
     || {Pid, {reply, {ok, State}}} <- After,
        Same <- [[Part || Part <- parts(Pid, State), lists:member(Part, maps:get(Pid, Before))]],
        case {Resumed, Old} of
            {#{Pid := There}, #{Pid := Origin}} ->
                [Key || {Key, _} <- parts(Pid, There) -- parts(Pid, Origin), lists:keymember(Key, 1, Same)] =/= [];
            _ ->
                Same =/= [] andalso lists:member(Pid, Born)
        end].

%% What is converted by itself: each handler of a gen_event.
parts(Pid, State) ->
    case is_event_manager(Pid) of
        true -> [{{Module, Id}, Own} || {Module, Id, Own} <- State];
        false -> [{state, State}]
    end.

reverse_vsn({down, _}, _) -> undefined;
reverse_vsn(Vsn, {down, _}) -> {down, Vsn};
reverse_vsn(_, Back) -> Back.

%% A gen_statem keeps the callback mode of the code in which it was converted or started, until it is converted again.
note_modes(Jobs, C) ->
    Modes = callback_modes([Module || {_, Module, _, _} <- Jobs], C),
    again([{Pid, Module, Extra, {mode, maps:get(Module, Modes)}}
           || {Pid, Module, _, Extra} <- Jobs, is_map_key(Module, Modes)]).

callback_modes(Modules, C) ->
    maps:from_list([{Module, hook(Module, callback_mode, [], C)}
                    || Module <- lists:usort(Modules), erlang:function_exported(Module, callback_mode, 0)]).

%% Who has to call the old code, once that is back and before it goes on: [{Pid, Module, Extra, Why}].
again(Jobs) ->
    put(again, lists:foldl(fun({Pid, _, _, _} = Job, Known) -> Known#{Pid => [Job | maps:get(Pid, Known, [])]} end,
                           get(again), Jobs)).

convert_again(Pids, C) ->
    Jobs = lists:append(maps:values(maps:with(Pids, get(again)))),
    put(again, maps:without(Pids, get(again))),
    Modes = callback_modes([Module || {_, Module, _, {mode, _}} <- Jobs], C),
    Statems = [Job || {_, Module, _, {mode, Mode}} = Job <- Jobs, maps:get(Module, Modes, none) =/= Mode],
    Unasked = change_code([Job || {_, _, _, {init, _}} = Job <- Jobs], C),
    States = [{Pid, State} || {Pid, {reply, {ok, State}}} <- ask([{Pid, get_state} || {Pid, _, _, _} <- Statems], standard, C)],
    Failed = change_code(Statems, C),
    [text("~ts: init/1 of the old code failed: ~ts", [process(Pid, C), reply(Reply)]) || {Pid, Reply} <- Unasked]
        ++ replace_states(States, C)
        ++ [text("~ts: is still called back as the new code says, because code_change of the old code failed: ~ts",
                 [process(Pid, C), reply(Reply)]) || {Pid, Reply} <- Failed].

%% [{Pid, Reply}] of those that failed.
change_code(Jobs, C) ->
    failures(ask([{Pid, {change_code, Module, undefined, Extra}} || {Pid, Module, Extra, _} <- Jobs], standard, C)).
