%% SPDX-License-Identifier: BSD-3-Clause
%% One of many children. It reports if its state is of another version than its code.
-module(MODULE).
-behaviour(gen_server).
-vsn(?VSN).
-export([start_link/2, init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

%% Lives for that many milliseconds, or infinity.
start_link(Id, Ms) ->
    gen_server:start_link(?MODULE, {Id, Ms}, []).

init({Id, Ms}) ->
    is_integer(Ms) andalso erlang:send_after(Ms, self(), go),
    {ok, #{vsn => ?VSN, id => Id}}.

handle_call(look, _, State) ->
    look(State),
    {reply, State, State}.

handle_cast(_, State) ->
    {noreply, State}.

handle_info(go, State) ->
    look(State),
    {stop, normal, State}.

look(#{vsn := ?VSN}) -> ok;
look(State) -> lab:record({mismatch, ?VSN, State}).

code_change({down, Vsn}, State, Extra) ->
    lab:change(?MODULE, {down, Vsn}, Extra, {ok, State#{vsn := Vsn}});
code_change(Old, State, Extra) ->
    lab:change(?MODULE, Old, Extra, {ok, State#{vsn := ?VSN}}).
