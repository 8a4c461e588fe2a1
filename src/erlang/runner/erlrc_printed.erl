%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What the registers of a process say, as process_info prints them: its callback module, and which modules it
%% knows. The state of a process is among them while it waits.
-module(erlrc_printed).
-export([from_loop/1, name/1, named/2, patterns/1, printed_names/1, registers/1]).

%% So many names are searched for at once.
-define(few_names, 4).
%% What an atom without quotes consists of.
-define(plain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789").
%% What separates atoms in a printed term.
-define(between, " \n[](){},=>").

%% As text. Very long terms are cut.
registers(Pid) ->
    case process_info(Pid, [current_function, backtrace]) of
        [{_, {erlang, hibernate, _}}, _] -> hibernates;
        [_, {_, Text}] -> Text;
        undefined -> gone
    end.

%% What the loop of its behaviour holds, and not what that has called: from the lowest of its calls.
from_loop(Text) ->
    Calls = [At || {At, _} <- binary:matches(Text, [<<"(gen_server:">>, <<"(gen_statem:">>]),
                   not is_catch(Text, At)],
    Lowest = lists:last([0 | Calls]),
    binary:part(Text, Lowest, byte_size(Text) - Lowest).

%% "Catch 0x.. (gen_server:" is one of the registers.
is_catch(Text, At) ->
    binary:match(Text, <<"Catch">>, [{scope, {At, -min(At, 30)}}]) =/= nomatch.

%% gen_server has the module in a register, from OTP 26 on in a record, like gen_statem; and sys, which
%% suspends them, in the state of gen_server.
patterns(Module) ->
    Name = name(Module),
    lists:map(fun erlang:iolist_to_binary/1,
              [[" ", Name, "\n"], ["[", Name, "]"], [",", Name, "]"], [",", Name, ",infinity"],
               ["[", Name, ",infinity"], [",", Name, ",hibernate"], ["[", Name, ",hibernate"],
               ["{callback_cache,", Name, ","]]).

name(Module) ->
    unicode:characters_to_binary(printed(Module)).

%% As the emulator prints it, which quotes what is not of these characters. (io_lib does not quote `a@b', and
%% quotes reserved words.)
printed(Module) ->
    Text = atom_to_list(Module),
    case [Char || Char <- Text, not lists:member(Char, ?plain)] of
        [] when hd(Text) >= $a -> Text;
        _ -> "'" ++ Text ++ "'"
    end.

%% {Few, Many} for named/2, each of them #{Printed => Module}. For the names of 300 modules, binary:matches/2
%% would need 60 MB and 50 ms, and no other process would run meanwhile. (Nor is a pattern compiled once: its
%% memory would be new each time, and to map that takes longer.) To split a long text takes longer than to
%% search for a few names.
printed_names(Modules) ->
    Names = [{printed(Module), Module} || Module <- Modules],
    {Few, Many} = case length(Names) =< ?few_names of
                      true -> {Names, []};
                      false -> lists:partition(fun({Text, _}) -> Text -- ?between =/= Text end, Names)
                  end,
    {by_bytes(Few), by_bytes(Many)}.

by_bytes(Names) ->
    maps:from_list([{unicode:characters_to_binary(Text), Module} || {Text, Module} <- Names]).

%% The modules that are named in the text.
named(Text, {Few, Many}) ->
    [maps:get(binary:part(Text, At), Few) || map_size(Few) > 0, At <- binary:matches(Text, maps:keys(Few)),
                                             is_whole(Text, At)]
        ++ [Module || map_size(Many) > 0,
                      Words <- [binary:split(Text, [list_to_binary([Char]) || Char <- ?between], [global])],
                      Module <- maps:values(maps:with(Words, Many))].

%% Whether an atom is found, and not a part of one.
is_whole(Text, {At, Length}) ->
    End = At + Length,
    (At =:= 0 orelse lists:member(binary:at(Text, At - 1), ?between))
        andalso (End =:= byte_size(Text) orelse lists:member(binary:at(Text, End), ?between)).
