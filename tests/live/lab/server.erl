%% SPDX-License-Identifier: BSD-3-Clause
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/0, vsn/0, init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

vsn() -> ?VSN.

init([]) ->
    {ok, #{vsn => ?VSN, calls => 0}}.

handle_call({act, What}, _, #{calls := N} = State) ->
    {reply, lab:act(What, ?MODULE), State#{calls := N + 1}};
handle_call(vsn, _, #{vsn := Vsn, calls := N} = State) ->
    {reply, {?VSN, Vsn}, State#{calls := N + 1}}.

handle_cast({act, What}, State) ->
    lab:act(What, ?MODULE),
    {noreply, State};
handle_cast({act_and_call, What, Server}, State) ->
    lab:act(What, ?MODULE),
    lab:record({answered, ?MODULE, gen_server:call(Server, vsn, infinity)}),
    {noreply, State}.

code_change({down, Vsn}, State, Extra) ->
    lab:change(?MODULE, {down, Vsn}, Extra, {ok, State#{vsn := Vsn}});
code_change(Old, State, Extra) ->
    lab:change(?MODULE, Old, Extra, {ok, State#{vsn := ?VSN}}).
