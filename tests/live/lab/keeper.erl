%% SPDX-License-Identifier: BSD-3-Clause
%% A process with a table that its state does not contain.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    MODULE_table = ets:new(MODULE_table, [named_table, public]),
    {ok, #{vsn => ?VSN}}.

handle_call(_, _, State) -> {reply, ok, State}.
handle_cast(_, State) -> {noreply, State}.

code_change({down, Vsn}, State, Extra) ->
    lab:change(?MODULE, {down, Vsn}, Extra, {ok, State#{vsn := Vsn}});
code_change(Old, State, Extra) ->
    lab:change(?MODULE, Old, Extra, {ok, State#{vsn := ?VSN}}).
