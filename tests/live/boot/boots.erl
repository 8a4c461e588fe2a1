%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The callback module of all applications of the boot tests. The argument of a start decides what it does;
%% events/0 returns what happened.
-module(boots).
-behaviour(application).
-export([start/2, stop/1, open/0, events/0, fresh/2, types/0, running/0]).

start(_, {App, Does}) ->
    boots ! {event, {begins, App}},
    Answer = act(Does),
    boots ! {event, {ends, App}},
    Answer.

stop(_) -> ok.

act(runs) -> {ok, spawn_link(fun() -> receive after infinity -> ok end end)};
act({sleeps, Ms}) -> timer:sleep(Ms), act(runs);
act({after_event, Event}) -> boots ! {self(), await, Event}, receive {happened, Event} -> act(runs) end;
act({fails, Reason}) -> {error, Reason};
act(crashes) -> error(ouch).

open() ->
    register(boots, spawn(fun() -> record([], []) end)),
    ok.

%% Waiting: the processes that wait for an event, which may be a past one.
record(Events, Waiting) ->
    receive
        {event, Event} ->
            [Pid ! {happened, Event} || {Pid, Awaited} <- Waiting, Awaited =:= Event],
            record([Event | Events], Waiting);
        {From, await, Event} ->
            _ = [From ! {happened, Event} || lists:member(Event, Events)],
            record(Events, [{From, Event} | Waiting]);
        {From, events} ->
            From ! {events, lists:reverse(Events)},
            record([], Waiting)
    end.

%% The events since the last call.
events() ->
    boots ! {self(), events},
    receive {events, Events} -> Events end.

base() -> [kernel, stdlib, sasl, erlrc].

%% Resets the node to the state after OTP's boot, with another administrator's directory and other
%% applications.
fresh(Root, Lib) ->
    [application:stop(App) || {App, _, _} <- application:which_applications(), not lists:member(App, base())],
    [application:unload(App) || {App, _, _} <- application:loaded_applications(), not lists:member(App, base())],
    [code:del_path(Dir) || Dir <- application:get_env(kernel, boots_added, [])],
    Added = filelib:wildcard(filename:join(Lib, "*/ebin")),
    application:set_env(kernel, boots_added, Added),
    ok = code:add_pathsa(Added),
    true = os:putenv("ERLRC_ROOT", Root),
    _ = events(),
    ok.

running() ->
    lists:sort([App || {App, _, _} <- application:which_applications()] -- base()).

types() ->
    lists:sort([Type || {App, _} = Type <- proplists:get_value(started, application:info()),
                        not lists:member(App, base())]).
