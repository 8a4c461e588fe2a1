%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Applications: what the application controller knows of them, and their environment.
-module(erlrc_app).
-export([all_keys/1, await_end/3, change_back/3, config_change/3, configuration/1, end_start/3, environment/1,
         has_ended/1, has_ended/2, is_included/1, is_there/1, loaded_apps/0, remark_restart/1,
         running_apps/1, set_at_run_time/4, set_environment/2, set_run_time_settings/2, start_type/2,
         starting_apps/1, unload/3, unloaded_with/2]).
-import(erlrc_call, [bounded/4, briefly/4, hook/4, now_ms/0]).
-import(erlrc_journal, [recall/1, remark/2]).
-import(erlrc_sys, [is_idle/1]).
-import(erlrc_text, [expect/4, fail/2]).
-import(erlrc_tree, [links/1]).

%% Milliseconds in which a new child has handled what it finds at first, or died of that.
-define(moment, 100).
%% In which a supervisor gives up, after one of its children has died.
-define(giving_up, 300).

%% A start that has not returned ends with the process in which the application master lets it run. (To kill
%% the master does not help: newer releases then take the application for starting for ever.)
end_start(App, Until, C) ->
    case lists:member(App, starting_apps(C)) of
        false ->
            ok;
        true ->
            Master = application_controller:get_master(App),
            [exit(Pid, kill) || is_pid(Master), Pid <- links(Master),
                                process_info(Pid, group_leader) =:= {group_leader, Master}],
            receive after 5 -> ok end,
            case now_ms() < Until of
                true -> end_start(App, Until, C);
                false -> fail("~ts: still starting", [App])
            end
    end.

loaded_apps() ->
    [App || {App, _, _} <- application:loaded_applications()].

is_included(App) ->
    Included = [proplists:get_value(included_applications, all_keys(Other)) || Other <- loaded_apps()],
    lists:member(App, lists:append(Included)).

%% Whether it is loaded, or can be.
is_there(App) ->
    application:get_key(App, vsn) =/= undefined
        orelse code:where_is_file(atom_to_list(App) ++ ".app") =/= non_existing.

starting_apps(C) ->
    [App || {App, _, _, _} <- proplists:get_value(starting, info(C), [])].

%% [{App, its master | undefined: it has no callback module}]
running_apps(C) -> proplists:get_value(running, info(C), []).

%% none, or the type with which it was started.
start_type(App, C) ->
    Info = info(C),
    case lists:keymember(App, 1, proplists:get_value(running, Info, [])) of
        true -> proplists:get_value(App, proplists:get_value(started, Info, []), temporary);
        false -> none
    end.

%% The same, but if a process died that was converted, its supervisor may be about to give up; or one that is
%% new, which may need a moment for that.
has_ended(App, #{converted := Converted, tree := Tree}) ->
    New = recall(new_children),
    await_idle(New, now_ms() + ?moment),
    {_, Dead} = lists:partition(fun erlang:is_process_alive/1, maps:keys(Converted)),
    %% Children without an id are many alike, of which some come and go all the time.
    Named = [Id || {_, _, Id, _, _} <- maps:values(maps:with(Dead, Tree)), Id =/= undefined],
    case Named =:= [] andalso lists:all(fun erlang:is_process_alive/1, New) of
        true -> has_ended(App);
        false -> ends_before(App, now_ms() + ?giving_up)
    end.

await_idle(Pids, Until) ->
    case now_ms() >= Until orelse lists:all(fun(Pid) -> is_at_rest(Pid) end, Pids) of
        true -> ok;
        false -> receive after 1 -> ok end, await_idle(Pids, Until)
    end.

is_at_rest(Pid) ->
    not is_process_alive(Pid)
        orelse is_idle(Pid) andalso process_info(Pid, message_queue_len) =:= {message_queue_len, 0}.

ends_before(App, Until) ->
    has_ended(App)
        orelse (now_ms() < Until andalso begin receive after 5 -> ok end, ends_before(App, Until) end).

%% Whether it has ended, or is about to: its top supervisor is gone, as far as that was looked up. This is
%% called after each plan, so it sends no message.
has_ended(App) ->
    Master = application_controller:get_master(App),
    not is_pid(Master) orelse not is_process_alive(Master)
        orelse case recall(roots) of #{Master := Root} -> not is_process_alive(Root); _ -> false end.

await_end(App, Until, C) ->
    case start_type(App, C) =/= none andalso has_ended(App) of
        true ->
            now_ms() < Until orelse fail("~ts: is still ending, and not started again", [App]),
            receive after 5 -> ok end,
            await_end(App, Until, C);
        false ->
            ok
    end.

info(C) ->
    answered(briefly(application, info, [], C)).

%% It may be inside a callback of an application (config_change/3), and then it answers no request.
answered(timeout) -> fail("the application controller does not answer", []);
answered({raised, Why}) -> fail("the application controller does not answer: ~ts", [Why]);
answered(Answer) -> Answer.

all_keys(App) ->
    {ok, Keys} = application:get_all_key(App),
    Keys.

%% App and what its unloading takes along, but for Stay.
unloaded_with(App, Stay) ->
    case application:get_key(App, included_applications) of
        {ok, Included} ->
            [App | lists:append([unloaded_with(I, Stay) || I <- Included, not lists:member(I, Stay)])];
        undefined ->
            []
    end.

%% The application controller unloads included applications without looking whether they run, and dies of it
%% afterwards.
unload(App, Stay, C) ->
    {ok, Included} = application:get_key(App, included_applications),
    case [I || I <- Included, lists:member(I, Stay)] of
        [] ->
            bounded(application, unload, [App], C);
        _ ->
            Remaining = {included_applications, Included -- Stay},
            Keys = lists:keystore(included_applications, 1, all_keys(App), Remaining),
            case bounded(application_controller, change_application_data,
                         [[{application, App, Keys}], configuration(C)], C) of
                ok -> bounded(application, unload, [App], C);
                Failed -> Failed
            end
    end.

%% sys.config and persistent settings as in the application controller: the last field of its state.
configuration(C) ->
    %% Suspended, it would return its state, but do nothing of what it is asked for after that until it is
    %% resumed.
    _ = info(C),
    State = answered(briefly(sys, get_state, [application_controller, infinity], C)),
    element(tuple_size(State), State).

change_back(App, Keys, C) ->
    Conf = configuration(C),
    Change = [[{application, App, Keys}], Conf],
    expect(ok, briefly(application_controller, change_application_data, Change, C),
           "~ts: its old specification", [App]),
    set_environment(App, proplists:get_value(env, Keys, [])).

environment(App) ->
    lists:sort(application:get_all_env(App)).

%% Calls the config_change/3 of a running application with what differs from the environment Before. The
%% application controller would call it in its own process, where the callback can neither ask that controller
%% (jose does, and waits for itself) nor be ended, and would report an error where an application has no
%% callback module.
config_change(App, Before, C) ->
    Now = environment(App),
    case {start_type(App, C) =/= none andalso Now =/= Before, application:get_key(App, mod)} of
        {true, {ok, {Module, _}}} ->
            _ = code:ensure_loaded(Module),
            case erlang:function_exported(Module, config_change, 3) of
                true -> call_config_change(App, Module, Before, Now, C);
                false -> ok
            end;
        _ ->
            ok
    end.

call_config_change(App, Module, Before, Now, C) ->
    Changed = [Setting || {Key, _} = Setting <- Now -- Before, lists:keymember(Key, 1, Before)],
    New = [Setting || {Key, _} = Setting <- Now, not lists:keymember(Key, 1, Before)],
    Removed = [Key || {Key, _} <- Before, not lists:keymember(Key, 1, Now)],
    case hook(Module, config_change, [Changed, New, Removed], C) of
        {returned, ok} -> ok;
        {returned, Other} -> expect(ok, Other, "~ts: config_change", [App]);
        Failed -> expect(ok, Failed, "~ts: config_change", [App])
    end.

set_environment(App, Env) ->
    lists:foreach(fun({Key, _}) ->
                          case lists:keymember(Key, 1, Env) of
                              true -> ok;
                              false -> application:unset_env(App, Key)
                          end
                  end, application:get_all_env(App)),
    lists:foreach(fun({Key, Value}) -> application:set_env(App, Key, Value) end, Env).

set_run_time_settings(App, {Set, Unset}) ->
    lists:foreach(fun({Key, Value}) -> application:set_env(App, Key, Value) end, Set),
    lists:foreach(fun(Key) -> application:unset_env(App, Key) end, Unset).

%% What differs from the environment of a fresh start: {[{Key, Value}], [Key]}, set and unset since then.
set_at_run_time(App, {application, App, OldKeys}, Conf, Current) ->
    Configured = overlay(proplists:get_value(App, Conf, []), proplists:get_value(env, OldKeys, [])),
    Fresh = overlay(command_line(App), Configured),
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

%% A library has no processes.
remark_restart(App) ->
    application:get_key(App, mod) =:= {ok, []} orelse
        remark("~ts: was stopped and is started again; what its processes knew is lost", [App]).
