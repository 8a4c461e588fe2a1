%% SPDX-License-Identifier: BSD-3-Clause Accepts connections: a plain process without a behaviour. Its loop
%% calls itself through the name of the module, so it runs new code soon after that is loaded. Its state
%% contains the version of the loop that made it.
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
