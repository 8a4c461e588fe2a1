%% SPDX-License-Identifier: BSD-3-Clause
%% One connection: a request is a line, the answer is a line. The state counts the requests of this connection.
-module(egerl_conn).
-behaviour(gen_server).
-export([start_link/1, go/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

-record(state, {socket, serial, requests = 0}).

start_link(Socket) -> gen_server:start_link(?MODULE, Socket, []).

%% go(Pid): Pid owns the connection now and starts to read.
go(Pid) -> gen_server:cast(Pid, go).

init(Socket) -> {ok, #state{socket = Socket, serial = eglib_serial:next()}}.

handle_call(_, _From, State) -> {reply, {error, unknown}, State}.

handle_cast(go, State) -> listen_once(State).

handle_info({tcp, Socket, Line}, #state{socket = Socket, requests = N, serial = Serial} = State) ->
    case gen_tcp:send(Socket, [egerl_words:answer(string:trim(Line), {Serial, N + 1}), $\n]) of
        ok -> listen_once(State#state{requests = N + 1});
        {error, _} -> {stop, normal, State}
    end;
handle_info({tcp_closed, _}, State) -> {stop, normal, State};
handle_info({tcp_error, _, _}, State) -> {stop, normal, State};
handle_info(_, State) -> {noreply, State}.

code_change(_, State, _Extra) -> {ok, State}.

listen_once(State) ->
    case inet:setopts(State#state.socket, [{active, once}]) of
        ok -> {noreply, State};
        {error, _} -> {stop, normal, State}
    end.
