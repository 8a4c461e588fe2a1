%% SPDX-License-Identifier: BSD-3-Clause
%% A special process (sys(3)).
-module(egerl_proc).
-export([start_link/0, init/1, loop/2, system_continue/3, system_terminate/4, system_code_change/4,
         system_get_state/1]).

start_link() -> proc_lib:start_link(?MODULE, init, [self()]).
init(Parent) ->
    register(?MODULE, self()),
    proc_lib:init_ack({ok, self()}),
    loop(Parent, state).
loop(Parent, State) ->
    receive
        {system, From, Request} -> sys:handle_system_msg(Request, From, Parent, ?MODULE, [], State);
        {From, Ref} -> From ! {Ref, State}, ?MODULE:loop(Parent, State)
    end.
system_continue(Parent, _, State) -> ?MODULE:loop(Parent, State).
system_terminate(Reason, _, _, _) -> exit(Reason).
system_get_state(State) -> {ok, State}.

-ifndef(V2).
system_code_change(State, _, _, _) -> {ok, State}.
-else.
system_code_change({state, 2}, _, {down, _}, []) -> {ok, state};
system_code_change(state, _, _, []) -> {ok, {state, 2}}.
-endif.
