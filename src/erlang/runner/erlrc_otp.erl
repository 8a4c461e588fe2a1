%% SPDX-License-Identifier: BSD-3-Clause
%%
%% A script evaluated by OTP's release_handler instead of our own steps (--engine=otp).
%%
%% release_handler undoes nothing, and it takes away the configuration of the application. So the journal gets, before it
%% begins, all that could be needed: the states of the processes that the script suspends, the code of the modules that it
%% loads, the path, the keys. And when it is done, the configuration is put back.
-module(erlrc_otp).
-export([eval_script/6]).
-import(erlrc_app, [all_keys/1, config_change/3, configuration/1, environment/1, set_at_run_time/4, start_type/2]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_code, [running_vsn/2]).
-import(erlrc_journal, [journal/1, remark/2]).
-import(erlrc_sys, [ask/3, gone/1, has_state/1]).
-import(erlrc_text, [expect/4, fail/2, module_name/1, processes/2, short/1]).
-import(erlrc_tree, [remember/2, supervised/2]).

eval_script({App, Vsn, Dir}, Script, Trees, From, To, C) ->
    case code:ensure_loaded(release_handler) of
        {module, _} -> ok;
        {error, _} -> fail("--engine=otp needs release_handler, and this node has no code of sasl", [])
    end,
    Conf = configuration(C),
    Keys = all_keys(App),
    {Set, Unset} = set_at_run_time(App, From, Conf, proplists:get_value(env, Keys, [])),
    note_processes(App, Script, Trees, C),
    journal({app_changed, App, Keys}),
    journal({configuration, Conf}),
    evaluate(App, Vsn, Dir, Script, C),
    Heard = environment(App),
    expect(ok, bounded(application_controller, change_application_data, [[To], Conf], C),
           "~ts: change of its specification", [App]),
    [{configuration, Conf} | Journal] = get(journal),
    put(journal, Journal),
    lists:foreach(fun({Key, Value}) -> application:set_env(App, Key, Value) end, Set),
    lists:foreach(fun(Key) -> application:unset_env(App, Key) end, Unset),
    journal({config_changed, App, unsure}),
    %% The callback was told by release_handler that all settings are gone.
    config_change(App, Heard, C),
    put(journal, [{config_changed, App, told} | Journal]),
    C.

evaluate(App, Vsn, Dir, Script, C) ->
    case bounded(release_handler, eval_appup_script, [App, Vsn, Dir, Script], C) of
        {ok, Unpurged} ->
            %% Those to be purged brutally it leaves to make_permanent/1, which is for whole releases.
            put(purges, Unpurged),
            [remark("processes go on in the old code of ~ts", [module_name(Module)]) || {Module, soft_purge} <- Unpurged];
        timeout -> fail("release_handler: not done within the time limit", []);
        {raised, Why} -> fail("release_handler: ~ts", [Why]);
        {error, Reason} -> fail("release_handler: ~ts", [short(Reason)]);
        {'EXIT', Reason} -> fail("release_handler: ~ts", [short(Reason)]);
        Other -> fail("release_handler: ~ts", [short(Other)])
    end.

note_processes(App, Script, Trees, #{kept := Kept} = C) ->
    Suspended = [module(Item) || {suspend, Items} <- Script, Item <- Items],
    Procs = supervised(Trees, C),
    Pids = [Pid || {Pid, _, _, _, Modules} <- Procs, lists:any(fun(M) -> lists:member(M, Suspended) end, Modules)],
    States = ask([{Pid, get_state} || Pid <- Pids], standard, C),
    case [Pid || {Pid, Reply} <- States, not has_state(Reply), not gone(Reply)] of
        [] -> ok;
        Silent -> fail("no state to come back to, because it cannot be read: ~ts", [processes(Silent, remember(Procs, C))])
    end,
    Restarts = [restarts || {apply, {application, start, [Started | _]}} <- Script, Started =:= App],
    [journal({app_stopped, App, start_type(App, C)}) || restarts <- Restarts],
    journal({path, code:get_path()}),
    journal({suspended, Pids}),
    lists:foreach(fun(Module) -> journal({code, Module, maps:get(Module, Kept, not_loaded)}) end,
                  lists:usort([M || {load, {M, _, _}} <- Script] ++ [M || {remove, {M, _, _}} <- Script])),
    Converted = [{Mode, Item} || {code_change, Mode, Items} <- Script, Item <- Items],
    [begin
         Items = [{M, vsn(Mode, M, C), Extra} || {_, {M, Extra}} <- Converted],
         Jobs = [{M, Vsn, Extra, [Pid || {Pid, _, _, _, Modules} <- Procs, lists:member(M, Modules)]}
                 || {M, Vsn, Extra} <- Items],
         journal({converted, Mode, Items, Jobs, [{Pid, State} || {Pid, {reply, {ok, State}}} <- States]})
     end || {Mode, _} <- lists:sublist(Converted, 1)],
    journal({resumed, Pids, [], Trees, Suspended}),
    [journal({app_started, App}) || restarts <- Restarts].

module({Module, _}) -> Module;
module(Module) -> Module.

vsn(up, Module, C) -> running_vsn(Module, C);
vsn(down, Module, #{code := Code}) -> {down, running_vsn(Module, #{kept => Code})}.
