%% SPDX-License-Identifier: BSD-3-Clause
%% A gen_statem with another callback mode in each version.
-module(MODULE).
-behaviour(gen_statem).
-vsn(?VSN).
-export([start_link/0, init/1, callback_mode/0, code_change/4]).
-export([open/3, handle_event/4]).

start_link() ->
    gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).

init([]) ->
    {ok, open, 0}.

code_change(_, State, Data, _) ->
    lab:change({?MODULE, ?VSN}, none, none, {ok, State, Data}).

-if(?VSN =:= "1.0.0").
callback_mode() -> handle_event_function.
-else.
callback_mode() -> state_functions.
-endif.

handle_event(Type, Event, open, Data) -> event("1.0.0", Type, Event, Data).
open(Type, Event, Data) -> event("2.0.0", Type, Event, Data).

event(?VSN, {call, From}, look, N) -> {keep_state_and_data, [{reply, From, {?VSN, N}}]};
event(?VSN, {call, From}, count, N) -> {keep_state, N + 1, [{reply, From, {?VSN, N + 1}}]}.
