%% SPDX-License-Identifier: BSD-3-Clause
%% A special process, with functions that wait in its clients and elsewhere.
-module(special).
-export([start_link/0, init/1, loop/2, any/1, await/2, flush/1, nap/0]).
-export([system_continue/3, system_terminate/4, system_code_change/4]).

start_link() -> proc_lib:start_link(?MODULE, init, [self()]).

init(Parent) ->
    proc_lib:init_ack(Parent, {ok, self()}),
    loop(Parent, #{}).

loop(Parent, State) ->
    receive
        {system, From, Request} -> sys:handle_system_msg(Request, From, Parent, ?MODULE, [], State);
        {?MODULE, From, What} -> From ! {?MODULE, self(), {What, ?VSN}}, loop(Parent, State)
    end.

%% Takes system messages in another function.
any(Parent) ->
    receive Message -> handle(Message, Parent) end.

handle({system, From, Request}, Parent) -> sys:handle_system_msg(Request, From, Parent, ?MODULE, [], []);
handle(_, Parent) -> any(Parent).

await(Server, Timeout) ->
    receive {?MODULE, Server, Answer} -> {ok, Answer} after Timeout -> timeout end.

flush(Server) ->
    receive {?MODULE, Server, _} -> flush(Server) after 0 -> ok end.

nap() ->
    receive after 1000 -> ok end.

system_continue(Parent, _, State) -> loop(Parent, State).
system_terminate(Reason, _, _, _) -> exit(Reason).
system_code_change(State, _, _, _) -> {ok, State}.
