%% SPDX-License-Identifier: BSD-3-Clause
%% A process whose new version stops at its start and at the first message.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    case ?VSN of
        "1.0.0" -> {ok, #{vsn => ?VSN}};
        _ -> {stop, frail}
    end.

handle_call(_, _, State) -> {reply, ok, State}.

handle_cast(_, #{vsn := "1.0.0"} = State) -> {noreply, State};
handle_cast(_, State) -> {stop, frail, State}.

code_change({down, Vsn}, State, _) -> {ok, State#{vsn := Vsn}};
code_change(_, State, _) -> {ok, State#{vsn := ?VSN}}.
