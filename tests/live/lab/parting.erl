%% SPDX-License-Identifier: BSD-3-Clause
%% A process with a terminate callback.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, terminate/2, code_change/3]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    process_flag(trap_exit, true),
    {ok, #{vsn => ?VSN}}.

handle_call(_, _, State) -> {reply, ok, State}.
handle_cast(_, State) -> {noreply, State}.
terminate(_, _) -> lab:act(terminate, ?MODULE).
code_change(_, State, _) -> {ok, State#{vsn := ?VSN}}.
