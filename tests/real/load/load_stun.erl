%% SPDX-License-Identifier: BSD-3-Clause
-module(load_stun).
%% Sessions over TCP that stay, and questions over UDP.
-export([prepare/0, start/0, use/1]).

prepare() -> [ok = listen(Transport) || Transport <- [tcp, udp]].

listen(Transport) ->
    Port = free_port(Transport),
    persistent_term:put({?MODULE, Transport}, Port),
    case stun_listener:add_listener({127, 0, 0, 1}, Port, Transport, []) of
        {ok, _} -> ok;
        ok -> ok
    end.

free_port(tcp) -> free_port(gen_tcp, gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]));
free_port(udp) -> free_port(gen_udp, gen_udp:open(0, [{ip, {127, 0, 0, 1}}])).

free_port(Module, {ok, Socket}) ->
    {ok, Port} = inet:port(Socket),
    Module:close(Socket),
    Port.

start() ->
    Port = persistent_term:get({?MODULE, tcp}),
    {ok, Tcp} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}], 60000),
    {ok, Udp} = gen_udp:open(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}]),
    {Tcp, Udp}.

use({Tcp, Udp} = Made) ->
    Id = rand:bytes(12),
    ok = gen_tcp:send(Tcp, binding(Id)),
    {ok, <<16#0101:16, Size:16, 16#2112A442:32, Id:12/binary>>} = gen_tcp:recv(Tcp, 20, 60000),
    {ok, _} = gen_tcp:recv(Tcp, Size, 60000),
    ok = gen_udp:send(Udp, {127, 0, 0, 1}, persistent_term:get({?MODULE, udp}), binding(Id)),
    {ok, {_, _, <<16#0101:16, _:16, 16#2112A442:32, Id:12/binary, _/binary>>}} = gen_udp:recv(Udp, 0, 60000),
    Made.

binding(Id) -> <<1:16, 0:16, 16#2112A442:32, Id/binary>>.
