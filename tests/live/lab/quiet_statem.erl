%% SPDX-License-Identifier: BSD-3-Clause
%% Its callbacks do not call lab, the test's module on the node.
-module(MODULE).
-behaviour(gen_statem).
-vsn(?VSN).
-export([start_link/0, vsn/0, init/1, callback_mode/0, handle_event/4, code_change/4]).

start_link() ->
    gen_statem:start_link({local, ?MODULE}, ?MODULE, [], []).

vsn() -> ?VSN.

init([]) ->
    {ok, open, #{vsn => ?VSN}}.

callback_mode() -> handle_event_function.

handle_event({call, From}, vsn, _, #{vsn := Vsn}) ->
    {keep_state_and_data, [{reply, From, {?VSN, Vsn}}]};
handle_event(_, _, _, _) ->
    keep_state_and_data.

code_change({down, Vsn}, State, Data, _) ->
    {ok, State, Data#{vsn := Vsn}};
code_change(_, State, Data, _) ->
    {ok, State, Data#{vsn := ?VSN}}.
