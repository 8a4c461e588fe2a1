%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Reports to systemd how the boot went, if systemd started the node and waits for that (sd_notify(3);
%% hooks/systemd).
-module(erlrc_notify).
-export([booted/1]).

%% Texts describe what is not started. A unit whose applications do not all run has failed: its node stops,
%% and systemd reports why and tries again. With ERLRC_READY=some in its environment the node keeps running
%% with those that do run.
-spec booted([unicode:chardata()]) -> ok.
booted(Texts) ->
    case os:getenv("NOTIFY_SOCKET", "") of
        "" -> ok;
        Socket -> booted(Texts, os:getenv("ERLRC_READY", "all"), address(Socket))
    end.

booted([], _, Address) ->
    Running = length(application:which_applications()),
    send(Address, ["READY=1\nSTATUS=", integer_to_list(Running), " applications run"]);
booted([First | More], Ready, Address) ->
    Others = case length(More) of
                 0 -> "";
                 N -> io_lib:format(" (and ~b more)", [N])
             end,
    Status = ["STATUS=not started: ", one_line(First), Others],
    case Ready of
        "some" ->
            send(Address, ["READY=1\n", Status]);
        _ ->
            send(Address, Status),
            init:stop(1)
    end.

%% A name that begins with @ is abstract, not a file.
address("@" ++ Name) -> {local, unicode:characters_to_binary([0, Name])};
address(Path) -> {local, unicode:characters_to_binary(Path)}.

one_line(Text) -> [case C of $\n -> $\s; _ -> C end || C <- unicode:characters_to_list(Text)].

%% The node keeps running, whether or not systemd gets the message.
send(Address, Text) ->
    Sent = case gen_udp:open(0, [local]) of
               {ok, Socket} ->
                   Result = gen_udp:send(Socket, Address, 0, unicode:characters_to_binary(Text)),
                   gen_udp:close(Socket),
                   Result;
               Error ->
                   Error
           end,
    case Sent of
        ok -> ok;
        {error, Reason} -> logger:error("erlrc_boot: systemd cannot be notified: ~0tp", [Reason])
    end.
