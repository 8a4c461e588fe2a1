%% SPDX-License-Identifier: BSD-3-Clause
%% One connection: a request is a line, the answer is a line. The state counts the requests of this connection and,
%% since 4.1.0, knows what version the connection was made under and when the last request came.
-module(egerl_conn).
-behaviour(gen_server).
-export([start_link/1, go/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, code_change/3]).

-record(state, {socket, serial, requests = 0, born = <<"4.1.0">>, seen}).

start_link(Socket) -> gen_server:start_link(?MODULE, Socket, []).

%% go(Pid): Pid owns the connection now and starts to read.
go(Pid) -> gen_server:cast(Pid, go).

init(Socket) -> {ok, #state{socket = Socket, serial = eglib_serial:next()}}.

handle_call(_, _From, State) -> {reply, {error, unknown}, State}.

handle_cast(go, State) -> listen_once(State).

handle_info({tcp, Socket, Line}, #state{socket = Socket} = State0) ->
    State = State0#state{requests = State0#state.requests + 1, seen = erlang:monotonic_time(millisecond)},
    case gen_tcp:send(Socket, [answer(string:trim(Line), State, State0#state.seen), $\n]) of
        ok -> listen_once(State);
        {error, _} -> {stop, normal, State}
    end;
handle_info({tcp_closed, _}, State) -> {stop, normal, State};
handle_info({tcp_error, _, _}, State) -> {stop, normal, State};
handle_info(_, State) -> {noreply, State}.

answer(<<"age">>, State, Before) -> egerl_age:answer(State#state.born, Before, State#state.seen);
answer(Line, State, _) -> egerl_words:answer(Line, {State#state.serial, State#state.requests}).

%% 4.0.1 had {state, Socket, Serial, Requests}.
code_change({down, _}, #state{socket = Socket, serial = Serial, requests = N}, _Extra) ->
    {ok, {state, Socket, Serial, N}};
code_change(_, {state, Socket, Serial, N}, _Extra) ->
    {ok, #state{socket = Socket, serial = Serial, requests = N, born = <<"4.0.1">>}}.

listen_once(State) ->
    case inet:setopts(State#state.socket, [{active, once}]) of
        ok -> {noreply, State};
        {error, _} -> {stop, normal, State}
    end.
