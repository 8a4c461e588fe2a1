%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Steps that check, load, start, stop and change applications (include/erlrc/plan/app_steps.hpp).
-module(erlrc_app_steps).
-export([app_step/3]).
-import(erlrc_app, [all_keys/1, await_end/3, change_back/3, config_change/3, configuration/1, end_start/3,
                    environment/1, has_ended/1, is_included/1, is_there/1, loaded_apps/0, remark_restart/1,
                    running_apps/1, set_at_run_time/4, set_environment/2, set_run_time_settings/2,
                    start_type/2, starting_apps/1, unload/3, unloaded_with/2]).
-import(erlrc_call, [bounded/4, now_ms/0]).
-import(erlrc_journal, [journal/2, journal_first/2, remark/2, take_newest/0]).
-import(erlrc_text, [expect/4, fail/2, short/1]).

app_step(do, {require_loaded, App, Vsn}, C) ->
    case application:get_key(App, vsn) of
        {ok, Vsn} -> C;
        {ok, Other} -> fail("~ts has version ~ts, not ~ts", [App, Other, Vsn]);
        undefined -> fail("~ts is not loaded", [App])
    end;
app_step(do, {require_not_running, App}, C) ->
    case start_type(App, C) of
        none -> C;
        _ -> fail("~ts runs", [App])
    end;

app_step(do, {stay_running, App, Type}, C) ->
    %% Without a process it cannot end by itself.
    case has_process(App, C) of
        true -> expect_running(App), C#{stays := {App, Type}};
        false -> C
    end;
app_step(undo, {stay_running, App, Type}, C) ->
    case has_ended(App) of
        true ->
            await_end(App, now_ms() + 5000, C),
            start_type(App, C) =:= none
                andalso expect(ok, bounded(application, start, [App, Type], C), "~ts: start again", [App]),
            remark("~ts: had ended and is started again; what its processes knew is lost", [App]);
        false ->
            ok
    end;

app_step(do, {load_app, App, Spec}, C) ->
    case application:get_key(App, vsn) of
        {ok, _} ->
            C;
        undefined ->
            journal(apps, {load_app, App, loaded_apps()}),
            expect(ok, bounded(application, load, [Spec], C), "~ts: load", [App]),
            C
    end;
app_step(undo, {load_app, App, Before}, C) ->
    case application:get_key(App, vsn) of
        undefined -> ok;
        {ok, _} -> expect(ok, unload(App, Before, C), "~ts: unload", [App])
    end;

app_step(do, {unload_app, App, Stay}, C) ->
    case application:get_key(App, vsn) of
        undefined ->
            C;
        {ok, _} ->
            journal(apps, {unload_app, [{A, all_keys(A)} || A <- unloaded_with(App, Stay)]}),
            expect(ok, unload(App, Stay, C), "~ts: unload", [App]),
            C
    end;
app_step(undo, {unload_app, Apps}, C) ->
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

app_step(do, {start_app, App, Type}, #{restarted := Restarted} = C) ->
    case start_type(App, C) of
        none ->
            journal(apps, {start_app, App}),
            case bounded(application, start, [App, Type], C) of
                ok -> lists:member(App, Restarted) andalso remark_restart(App), C;
                {error, {already_started, App}} -> C;
                {error, Reason} -> fail("~ts: start: ~ts", [App, short(Reason)]);
                timeout -> fail("~ts: start: not done within the time limit", [App])
            end;
        _ ->
            C
    end;
app_step(undo, {start_app, App}, C) ->
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

app_step(do, {start_needed, Apps}, C) ->
    lists:foldl(fun(App, C1) -> start_needed(App, [], C1) end, C, Apps);

app_step(do, {stop_app, App}, #{restarted := Restarted} = C) ->
    case start_type(App, C) of
        none ->
            C;
        Type ->
            journal(apps, {stop_app, App, Type}),
            expect(ok, bounded(application, stop, [App], C), "~ts: stop", [App]),
            C#{restarted := [App | Restarted]}
    end;
app_step(undo, {stop_app, App, Type}, C) ->
    case start_type(App, C) of
        none ->
            expect(ok, bounded(application, start, [App, Type], C), "~ts: start again", [App]),
            remark_restart(App);
        _ ->
            ok
    end;

app_step(do, {change_app, App, From, {application, App, _} = To}, C) ->
    Conf = configuration(C),
    Keys = all_keys(App),
    Settings = set_at_run_time(App, From, Conf, proplists:get_value(env, Keys, [])),
    Before = environment(App),
    %% A rollback calls code_change and init/1 as a downgrade does: with the environment of the version that
    %% will run.
    journal_first(apps, {change_app, App, Keys}),
    expect(ok, bounded(application_controller, change_application_data, [[To], Conf], C),
           "~ts: change of its specification", [App]),
    set_run_time_settings(App, Settings),
    C#{environment := {App, Before}};
app_step(undo, {change_app, App, Keys}, C) ->
    change_back(App, Keys, C);

app_step(do, {call_config_change, App}, #{environment := {App, Before}} = C) ->
    %% A callback that fails has been called with the change all the same.
    Changed = environment(App),
    journal(apps, {config_change, App, unsure, Changed}),
    config_change(App, Before, C),
    _ = take_newest(),
    journal(apps, {config_change, App, sure, Changed}),
    C;
app_step(undo, {config_change, App, Called, Changed}, C) ->
    %% The callback was called with the change, so it is called with the change back.
    case Called of
        sure -> config_change(App, Changed, C);
        %% It may fail whatever it is called with.
        unsure -> _ = (catch config_change(App, Changed, C)), ok
    end;
%% The entry is one of eval_script (erlrc_otp).
app_step(undo, {configuration, Conf}, C) ->
    expect(ok, bounded(application_controller, change_application_data, [[], Conf], C), "configuration", []).

%% It has none if it was started without a callback module; an upgrade may have given it one since.
has_process(App, C) ->
    case is_pid(application_controller:get_master(App)) of
        true -> true;
        false -> not lists:member({App, undefined}, running_apps(C))
    end.

%% It may have ended since it was observed, even because it was asked for its processes.
expect_running(App) ->
    has_ended(App) andalso fail("~ts: runs no longer", [App]).

%% What it needs itself comes before. One that another application includes runs inside that one, or not at
%% all.
start_needed(App, Seen, C) ->
    case lists:member(App, Seen) orelse start_type(App, C) =/= none
        orelse is_included(App) orelse not is_there(App) of
        true ->
            C;
        false ->
            Loaded = app_step(do, {load_app, App, App}, C),
            {ok, Needed} = application:get_key(App, applications),
            Ready = lists:foldl(fun(Each, C1) -> start_needed(Each, [App | Seen], C1) end, Loaded, Needed),
            app_step(do, {start_app, App, temporary}, Ready)
    end.
