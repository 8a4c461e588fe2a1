%% SPDX-License-Identifier: BSD-3-Clause
%% Owns the listening socket, so that it outlives the process that accepts.
-module(egerl_listener).
-behaviour(gen_server).
-export([start_link/0, socket/0]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

socket() -> gen_server:call(?MODULE, socket).

init([]) ->
    {ok, Port} = application:get_env(egerl, port),
    gen_tcp:listen(Port, [binary, {packet, line}, {active, false}, {reuseaddr, true}, {nodelay, true},
                          {backlog, 128}]).

handle_call(socket, _From, Socket) -> {reply, Socket, Socket}.

handle_cast(_, Socket) -> {noreply, Socket}.
