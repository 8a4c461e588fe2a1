%% SPDX-License-Identifier: BSD-3-Clause
%%
%% A script evaluated by OTP's release_handler instead of our own steps (--engine=otp).
%%
%% release_handler undoes nothing, and it removes the configuration of the application. So all that an undo
%% could need is written into the journal before it begins: the states of the processes that the script
%% suspends, the code of the modules that it loads, the path, the keys. And when it is done, the configuration
%% is put back.
-module(erlrc_otp).
-export([declared/3, eval_script/6]).
-import(erlrc_app, [all_keys/1, config_change/3, configuration/1, environment/1, remark_restart/1,
                    set_at_run_time/4, set_run_time_settings/2, start_type/2]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_code, [kill_users/1, running_vsn/2]).
-import(erlrc_effects, [note_world/0]).
-import(erlrc_journal, [journal/2, journal_first/2, remark/2, take_newest/0]).
-import(erlrc_states, [check_converted_states/2]).
-import(erlrc_sys, [ask/3, gone/1, has_state/1]).
-import(erlrc_text, [expect/4, fail/2, module_name/1, processes/2, short/1]).
-import(erlrc_tree, [column/2, remember/2, trees/2]).

eval_script({App, Vsn, Dir}, Script, Trees, From, To, C) ->
    case code:ensure_loaded(release_handler) of
        {module, _} -> ok;
        {error, _} -> fail("--engine=otp needs release_handler, and this node has no code of sasl", [])
    end,
    Conf = configuration(C),
    Keys = all_keys(App),
    Settings = set_at_run_time(App, From, Conf, proplists:get_value(env, Keys, [])),
    Pids = note_processes(App, Script, Trees, C),
    note_world(),
    kill_users(C),
    journal_first(apps, {change_app, App, Keys}),
    journal(apps, {configuration, Conf}),
    Unpurged = evaluate(App, Vsn, Dir, Script, C),
    [remark_restart(App) || {apply, {application, start, [Started | _]}} <- Script, Started =:= App],
    %% They run on already.
    check_converted_states(lists:filter(fun erlang:is_process_alive/1, Pids), C),
    Stripped = environment(App),
    expect(ok, bounded(application_controller, change_application_data, [[To], Conf], C),
           "~ts: change of its specification", [App]),
    {apps, {configuration, Conf}} = take_newest(),
    set_run_time_settings(App, Settings),
    Changed = environment(App),
    journal(apps, {config_change, App, unsure, Changed}),
    %% release_handler has called the callback with the removal of all settings.
    config_change(App, Stripped, C),
    _ = take_newest(),
    journal(apps, {config_change, App, sure, Changed}),
    %% release_handler leaves brutal purges to make_permanent/1, which is for whole releases.
    C#{purges := Unpurged}.

evaluate(App, Vsn, Dir, Script, C) ->
    case bounded(release_handler, eval_appup_script, [App, Vsn, Dir, Script], C) of
        {ok, Unpurged} ->
            [remark("processes keep running old code of ~ts", [module_name(Module)])
             || {Module, soft_purge} <- Unpurged],
            Unpurged;
        timeout -> fail("release_handler: not done within the time limit", []);
        {raised, Why} -> fail("release_handler: ~ts", [Why]);
        {error, Reason} -> fail("release_handler: ~ts", [short(Reason)]);
        {'EXIT', Reason} -> fail("release_handler: ~ts", [short(Reason)]);
        Other -> fail("release_handler: ~ts", [short(Other)])
    end.

%% The processes that release_handler will suspend, as trees/2 returns them: those whose child specifications
%% name one of the modules, in the trees of all applications. It asks each supervisor for that.
declared(Apps, Modules, C) ->
    {Procs, Known, Childless} = trees(Apps, C),
    All = case code:ensure_loaded(release_handler_1) of
              {module, _} -> bounded(release_handler_1, get_supervised_procs, [], C);
              {error, _} -> []  % eval_script/6 will report that
          end,
    Others = [{Pid, none, none, worker, Ms}
              || is_list(All), {_, _, Pid, [_ | _] = Ms} <- All, is_pid(Pid), Ms -- Modules =/= Ms,
                 not lists:keymember(Pid, 1, Procs)],
    {Procs ++ Others,
     maps:from_list([{Module, maps:get(Module, Known, []) ++ [Row || {_, _, _, _, Ms} = Row <- Others,
                                                                     lists:member(Module, Ms)]}
                     || Module <- Modules]), Childless}.

note_processes(App, Script, Trees, #{backup := Backup} = C) ->
    Suspended = [module(Item) || {suspend, Items} <- Script, Item <- Items],
    Converted = [{Mode, Item} || {code_change, Mode, Items} <- Script, Item <- Items],
    {Procs, Known, _} = declared(Trees, lists:usort(Suspended ++ [M || {_, {M, _}} <- Converted]), C),
    Pids = lists:usort(column(1, lists:append(maps:values(maps:with(Suspended, Known))))),
    States = ask([{Pid, get_state} || Pid <- Pids], standard, C),
    case [Pid || {Pid, Reply} <- States, not has_state(Reply), not gone(Reply)] of
        [] -> ok;
        Silent -> fail("cannot save the process state for rollback: ~ts",
                       [processes(Silent, remember(Procs, C))])
    end,
    Restarts = [restarts || {apply, {application, start, [Started | _]}} <- Script, Started =:= App],
    [journal(apps, {stop_app, App, start_type(App, C)}) || restarts <- Restarts],
    journal(paths, {path, code:get_path()}),
    journal(processes, {suspended, Pids}),
    lists:foreach(fun(Module) -> journal(code, {code, Module, maps:get(Module, Backup, not_loaded)}) end,
                  lists:usort([M || {load, {M, _, _}} <- Script] ++ [M || {remove, {M, _, _}} <- Script])),
    [begin
         Items = [{M, vsn(Mode, M, C), Extra} || {_, {M, Extra}} <- Converted],
         Jobs = [{M, Vsn, Extra, column(1, maps:get(M, Known, []))} || {M, Vsn, Extra} <- Items],
         Before = [{Pid, State} || {Pid, {reply, {ok, State}}} <- States],
         journal(processes, {convert_processes, Mode, Items, Jobs, Before})
     end || {Mode, _} <- lists:sublist(Converted, 1)],
    journal(processes, {resume_processes, Pids, [], Trees, Suspended}),
    [journal(apps, {start_app, App}) || restarts <- Restarts],
    Pids.

module({Module, _}) -> Module;
module(Module) -> Module.

vsn(up, Module, C) -> running_vsn(Module, C);
vsn(down, Module, #{code := Code}) -> {down, running_vsn(Module, #{backup => Code})}.
