%% SPDX-License-Identifier: BSD-3-Clause
%% Its callbacks do not call lab, the test's module on the node.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, vsn/0, init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

vsn() -> ?VSN.

init([]) ->
    {ok, #{vsn => ?VSN}}.

handle_call(vsn, _, #{vsn := Vsn} = State) ->
    {reply, {?VSN, Vsn}, State}.

handle_cast(_, State) ->
    {noreply, State}.

code_change({down, Vsn}, State, _) -> {ok, State#{vsn := Vsn}};
code_change(_, State, _) -> {ok, State#{vsn := ?VSN}}.
