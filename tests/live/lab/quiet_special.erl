%% SPDX-License-Identifier: BSD-3-Clause
%% Its callbacks do not call lab, the test's module on the node.
-module(MODULE).
-vsn(?VSN).
-export([start_link/0, vsn/0, init/1, loop/2]).
-export([system_continue/3, system_terminate/4, system_code_change/4, system_get_state/1, system_replace_state/2]).

start_link() ->
    proc_lib:start_link(?MODULE, init, [self()]).

vsn() -> ?VSN.

init(Parent) ->
    register(?MODULE, self()),
    proc_lib:init_ack(Parent, {ok, self()}),
    ?MODULE:loop(Parent, #{vsn => ?VSN}).

loop(Parent, State) ->
    receive
        {system, From, Request} ->
            sys:handle_system_msg(Request, From, Parent, ?MODULE, [], State);
        {vsn, From} ->
            From ! {?VSN, maps:get(vsn, State)},
            ?MODULE:loop(Parent, State)
    end.

system_continue(Parent, _, State) -> ?MODULE:loop(Parent, State).
system_terminate(Reason, _, _, _) -> exit(Reason).
system_get_state(State) -> {ok, State}.
system_replace_state(Fun, State) -> New = Fun(State), {ok, New, New}.

system_code_change(State, _, {down, Vsn}, _) ->
    {ok, State#{vsn := Vsn}};
system_code_change(State, _, _, _) ->
    {ok, State#{vsn := ?VSN}}.
