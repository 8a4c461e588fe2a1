%% SPDX-License-Identifier: BSD-3-Clause
%% Its callbacks do not call lab, the test's module on the node.
-module(MODULE).
-behaviour(gen_event).
-vsn(?VSN).
-export([start_link/0, vsn/0, init/1, handle_event/2, handle_call/2, code_change/3]).

%% A manager with two instances of this handler.
start_link() ->
    {ok, Pid} = gen_event:start_link({local, ?MODULE}),
    [ok = gen_event:add_handler(Pid, {?MODULE, Id}, Id) || Id <- [one, two]],
    {ok, Pid}.

vsn() -> ?VSN.

init(Id) ->
    {ok, #{vsn => ?VSN, id => Id}}.

handle_event(_, State) -> {ok, State}.

handle_call(vsn, #{vsn := Vsn} = State) -> {ok, {?VSN, Vsn}, State}.

code_change({down, Vsn}, State, _) ->
    {ok, State#{vsn := Vsn}};
code_change(_, State, _) ->
    {ok, State#{vsn := ?VSN}}.
