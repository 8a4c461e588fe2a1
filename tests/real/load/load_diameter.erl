%% SPDX-License-Identifier: BSD-3-Clause
-module(load_diameter).
%% Two services, with a connection between them that stays; each request is answered by the other one.
-export([prepare/0, start/0, use/1]).
-export([peer_up/3, peer_down/3, pick_peer/4, prepare_request/3, prepare_retransmit/3, handle_answer/4,
         handle_error/4, handle_request/3]).

-include_lib("diameter/include/diameter.hrl").

-define(dictionary, diameter_gen_base_rfc6733).
-define(host, {127, 0, 0, 1}).
-define(realm, "load.example").

prepare() ->
    ok = diameter:start_service(server, service("server")),
    ok = diameter:start_service(client, service("client")),
    {ok, Listener} = diameter:add_transport(server, {listen, tcp([{ip, ?host}, {port, 0}])}),
    true = diameter:subscribe(client),
    {ok, _} = diameter:add_transport(client, {connect, tcp([{raddr, ?host}, {rport, port(Listener)}])}),
    receive #diameter_event{info = Up} when element(1, Up) =:= up -> ok end.

tcp(Config) -> [{transport_module, diameter_tcp}, {transport_config, Config}].

service(Name) ->
    [{'Origin-Host', Name ++ "." ++ ?realm}, {'Origin-Realm', ?realm}, {'Vendor-Id', 0},
     {'Product-Name', "load"}, {'Auth-Application-Id', [0]}, {decode_format, map},
     {application, [{alias, load}, {dictionary, ?dictionary}, {module, ?MODULE}]}].

port(Listener) ->
    case diameter_tcp:ports(Listener) of
        [{listen, Port, _}] -> Port;
        [] -> timer:sleep(10), port(Listener)   % not yet
    end.

start() -> none.

use(none) ->
    {ok, ['RAA' | #{'Session-Id' := "session"}]} =
        diameter:call(client, load, ['RAR' | #{'Session-Id' => "session", 'Auth-Application-Id' => 0,
                                               'Re-Auth-Request-Type' => 0}], []),
    none.

peer_up(_, _, State) -> State.
peer_down(_, _, State) -> State.
pick_peer([Peer | _], _, _, _) -> {ok, Peer};
pick_peer([], _, _, _) -> false.

prepare_request(#diameter_packet{msg = [Name | Avps]}, _, {_, #diameter_caps{origin_host = {Own, Other}}}) ->
    {send, [Name | Avps#{'Origin-Host' => Own, 'Origin-Realm' => ?realm, 'Destination-Host' => Other,
                         'Destination-Realm' => ?realm}]}.

prepare_retransmit(Packet, Service, Peer) -> prepare_request(Packet, Service, Peer).
handle_answer(#diameter_packet{msg = Answer}, _, _, _) -> {ok, Answer}.
handle_error(Why, _, _, _) -> {error, Why}.

handle_request(#diameter_packet{msg = ['RAR' | #{'Session-Id' := Id}]}, _, {_, Caps}) ->
    #diameter_caps{origin_host = {Own, _}} = Caps,
    {reply, ['RAA' | #{'Session-Id' => Id, 'Result-Code' => 2001, 'Origin-Host' => Own,
                       'Origin-Realm' => ?realm}]}.
