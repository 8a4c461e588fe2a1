%% SPDX-License-Identifier: BSD-3-Clause
-module(MODULE).
-behaviour(application).
-export([start/2, stop/1, config_change/3, version_change/2, changed/1]).

start(Type, Args) ->
    lab:record({start, APP, Type, Args}),
    case lab:act(start, APP) of
        ok -> APP_sup:start_link();
        {answer, Answer} -> Answer
    end.

stop(_) ->
    lab:act(stop, APP),
    lab:record({stop, APP}).

config_change(Changed, New, Removed) ->
    lab:record({config_change, APP, lists:sort(Changed), lists:sort(New), lists:sort(Removed)}),
    lab:act(config_change, APP).

version_change(From, Args) ->
    lab:record({version_change, APP, From, Args}),
    lab:act(version_change, APP).

%% Called by {apply, ..} of an appup.
changed(Arg) ->
    lab:record({changed, APP, Arg}),
    lab:act(changed, APP).
