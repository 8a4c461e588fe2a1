%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The program that started the node in the foreground (src/boot/child_node.cpp): it is sent what happens, and
%% the node ends with it.
-module(erlrc_watcher).
-export([start/0, send/2, send_at_once/2]).

%% `none' if no program watches. The other side begins with what must not be seen in arguments, or is too much
%% for them: the cookie, and parameters of the application erlrc.
start() ->
    case application:get_env(erlrc, watcher) of
        {ok, {In, Out}} ->
            application:unset_env(erlrc, watcher),
            Caller = self(),
            Ref = make_ref(),
            Watcher = spawn(fun() -> open(In, Out, Caller, Ref) end),
            receive {Ref, ready} -> Watcher end;
        undefined ->
            none
    end.

send(none, _) -> ok;
send(Watcher, Event) -> Watcher ! {send, Event}, ok.

%% Returns when the port has the event.
send_at_once(Watcher, Event) ->
    ok = send(Watcher, Event),
    Ref = make_ref(),
    Watcher ! {flush, self(), Ref},
    receive {Ref, flushed} -> ok end.

open(In, Out, Caller, Ref) ->
    Port = open_port({fd, In, Out}, [{packet, 4}, binary, eof]),
    receive
        {Port, {data, Bytes}} -> lists:foreach(fun set/1, binary_to_term(Bytes));
        {Port, eof} -> init:stop()
    end,
    Caller ! {Ref, ready},
    watch(Port).

set({cookie, Cookie}) ->
    is_alive() andalso erlang:set_cookie(node(), Cookie);
set({Name, Value}) ->
    application:set_env(erlrc, Name, Value).

watch(Port) ->
    receive
        {send, Event} ->
            try port_command(Port, term_to_binary(Event)) catch error:badarg -> ok end,
            watch(Port);
        {flush, From, Ref} ->
            From ! {Ref, flushed},
            watch(Port);
        {Port, eof} ->
            logger:notice("erlrc_boot: the program that started this node is gone"),
            init:stop()
    end.
