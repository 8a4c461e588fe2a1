%% SPDX-License-Identifier: BSD-3-Clause
%%
%% One XMPP session, with only what a server requires of a client. It logs in, sends numbered messages to
%% another session, asks for its roster from time to time, and counts what it receives. Every message contains
%% its number and the time when it was sent, so the receiving session knows whether one is missing and how
%% long it took.
-module(xmpp_session).
-export([start/3, login/1, stop_sending/1, account/1]).

-define(port, 15222).
-define(pause, 100).  % between two messages, in ms

%% Starts session Number, of Kind plain or tls. The owner gets {Pid, up}. After the message begin_sending, the
%% session sends to session To.
start(Number, To, Kind) ->
    Owner = self(),
    spawn(fun() ->
                  Socket = session(Number, Kind),
                  Owner ! {self(), up},
                  receive begin_sending -> ok end,
                  timer:send_interval(?pause, send),
                  loop(#{socket => Socket, to => To, sending => true, sent => 0, got => 0, lost => 0, asked => 0,
                         answered => 0, longest => 0, rest => <<>>, gone => false})
          end).

%% Opens and closes a session; returns ok or what went wrong.
login(Kind) ->
    {Pid, Monitor} = spawn_monitor(fun() -> close(session(1, Kind, "visitor")), exit(ok) end),
    receive
        {'DOWN', Monitor, process, Pid, ok} -> ok;
        {'DOWN', Monitor, process, Pid, Why} -> {failed, Why}
    after 20000 -> exit(Pid, kill), {failed, timeout}
    end.

stop_sending(Pid) -> Pid ! stop_sending, ok.

%% The session's counts since its start; `longest' (us) is since the last account.
account(Pid) ->
    Ref = make_ref(),
    Pid ! {account, self(), Ref},
    receive {Ref, Account} -> Account after 20000 -> #{gone => true} end.

%% --- logging in

session(Number, Kind) ->
    session(Number, Kind, "r").

session(Number, Kind, Resource) ->
    {ok, Tcp} = gen_tcp:connect({127, 0, 0, 1}, ?port, [binary, {active, false}, {nodelay, true}], 20000),
    Socket = secured(Kind, opened({gen_tcp, Tcp})),
    Name = "u" ++ integer_to_list(Number),
    Plain = base64:encode_to_string(iolist_to_binary([0, Name, 0, "secret"])),
    say(Socket, ["<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>", Plain, "</auth>"]),
    await(Socket, <<"<success">>),
    opened(Socket),
    say(Socket, ["<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>", Resource,
                 "</resource></bind></iq>"]),
    await(Socket, <<"</iq>">>),
    say(Socket, "<presence><priority>5</priority></presence>"),
    Socket.

opened(Socket) ->
    say(Socket, "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
                "xmlns:stream='http://etherx.jabber.org/streams'>"),
    await(Socket, <<"</stream:features>">>),
    Socket.

secured(plain, Socket) ->
    Socket;
secured(tls, {gen_tcp, Tcp} = Socket) ->
    say(Socket, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    await(Socket, <<"<proceed">>),
    {ok, Tls} = ssl:connect(Tcp, [{verify, verify_none}], 20000),
    opened({ssl, Tls}).

say({Transport, Socket}, Text) ->
    ok = Transport:send(Socket, Text).

await(Socket, What) ->
    await(Socket, What, <<>>).

await({Transport, S} = Socket, What, Before) ->
    case binary:match(Before, What) of
        nomatch ->
            {ok, More} = Transport:recv(S, 0, 20000),
            await(Socket, What, <<Before/binary, More/binary>>);
        _ ->
            ok
    end.

close({Transport, Socket} = S) ->
    say(S, "</stream:stream>"),
    Transport:close(Socket).

%% --- sending and receiving

loop(#{socket := Socket, gone := false} = State) ->
    active(Socket),
    receive_any(State);
loop(State) ->
    receive_any(State).

active({gen_tcp, Socket}) -> _ = inet:setopts(Socket, [{active, once}]);
active({ssl, Socket}) -> _ = ssl:setopts(Socket, [{active, once}]).

receive_any(#{rest := Rest} = State) ->
    receive
        send -> loop(send(State));
        stop_sending -> loop(State#{sending := false});
        {account, From, Ref} -> From ! {Ref, maps:without([socket, rest], State)}, loop(State#{longest := 0});
        {Kind, _, Data} when Kind =:= tcp; Kind =:= ssl -> loop(read(State#{rest := <<Rest/binary, Data/binary>>}));
        {Closed, _} when Closed =:= tcp_closed; Closed =:= ssl_closed -> loop(State#{gone := true});
        {Error, _, _} when Error =:= tcp_error; Error =:= ssl_error -> loop(State#{gone := true})
    end.

send(#{sending := true, gone := false} = State) ->
    try say_next(State) catch error:{badmatch, {error, _}} -> State#{gone := true} end;
send(State) ->
    State.

say_next(#{socket := Socket, to := To, sent := Sent} = State) ->
    Body = io_lib:format("~p ~p", [Sent + 1, erlang:monotonic_time(microsecond)]),
    say(Socket, ["<message type='chat' to='u", integer_to_list(To), "@localhost/r'><body>", Body, "</body></message>"]),
    ask_roster(State#{sent := Sent + 1}).

ask_roster(#{sent := Sent, socket := Socket, asked := Asked} = State) when Sent rem 10 =:= 0 ->
    say(Socket, ["<iq type='get' id='q", integer_to_list(Asked + 1), "'><query xmlns='jabber:iq:roster'/></iq>"]),
    State#{asked := Asked + 1};
ask_roster(State) ->
    State.

%% Reads the complete stanzas of the received data.
read(#{rest := Rest} = State) ->
    case re:run(Rest, <<"</message>|</iq>|<iq [^>]*/>|</presence>|<presence[^>]*/>|</stream:stream>">>) of
        {match, [{At, Length}]} ->
            <<Stanza:(At + Length)/binary, More/binary>> = Rest,
            read((stanza(Stanza, State))#{rest := More});
        nomatch ->
            State
    end.

stanza(Stanza, #{got := Got, lost := Lost, longest := Longest, answered := Answered} = State) ->
    case re:run(Stanza, <<"<body>([0-9]+) (-?[0-9]+)</body>|type='result'[^>]*id='q|id='q[0-9]+'[^>]*type='result'|"
                          "</stream:stream>">>, [{capture, all, binary}]) of
        {match, [_, Number, Then]} ->
            Took = erlang:monotonic_time(microsecond) - binary_to_integer(Then),
            %% A number that comes late or twice counts as lost, too.
            State#{got := binary_to_integer(Number), longest := max(Longest, Took),
                   lost := Lost + abs(binary_to_integer(Number) - Got - 1)};
        {match, [<<"</stream:stream>">>]} -> State#{gone := true};
        {match, _} -> State#{answered := Answered + 1};
        nomatch -> State
    end.
