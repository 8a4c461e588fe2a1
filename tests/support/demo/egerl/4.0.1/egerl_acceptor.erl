%% SPDX-License-Identifier: BSD-3-Clause
%% Accepts connections: a plain process, no behaviour. Each turn of its loop goes through the module's name, so it is in
%% new code a moment after that was loaded, and its state says which version of this loop made it.
-module(egerl_acceptor).
-export([start_link/0, init/1, loop/1]).

start_link() -> proc_lib:start_link(?MODULE, init, [self()]).

init(Parent) ->
    proc_lib:init_ack(Parent, {ok, self()}),
    loop({v1, egerl_listener:socket()}).

loop({v1, Socket}) ->
    accept(Socket),
    ?MODULE:loop({v1, Socket}).

accept(Listening) ->
    case gen_tcp:accept(Listening, 100) of
        {ok, Socket} -> egerl_conn_sup:serve(Socket);
        {error, timeout} -> ok;
        {error, Reason} -> exit(Reason)
    end.
