#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%! -noinput
%% Translates scripts with OTP's systools_rc, for the translation tests to compare with.
%%
%%   script.escript DIRECTORY
%%       Translates tests/support/scripts.term: DIRECTORY/translated.term gets {Name, Up, Down} for each of its scripts.
%%   script.escript IN OUT
%%       IN holds [{Direction, Script, To, From}] in the external term format, OUT gets [Result] in the same.
%%
%% Direction is up or down; To and From are [{App, Vsn, [Module]}]; Result is {ok, LowLevel} or {error,
%% Reason}, where Reason is crash if systools_rc crashed without a reason.
-mode(compile).

main([In, Out]) ->
    {ok, Bytes} = file:read_file(In),
    Size = record_size(),
    Results = [translate(D, S, To, From, Size) || {D, S, To, From} <- binary_to_term(Bytes)],
    ok = file:write_file(Out, term_to_binary(Results));
main([Directory]) ->
    Here = filename:dirname(escript:script_name()),
    {ok, Terms} = file:consult(filename:join([Here, "../../tests/support/scripts.term"])),
    {to, To} = lists:keyfind(to, 1, Terms),
    {from, From} = lists:keyfind(from, 1, Terms),
    Size = record_size(),
    Results = [{Name, translate(up, Script, To, From, Size), translate(down, Script, To, From, Size)}
               || {Name, Script} <- Terms, Name =/= to, Name =/= from],
    Head = ["%% -*- coding: utf-8 -*-\n%% SPDX-License-Identifier: BSD-3-Clause\n",
            "%% Made by systools_rc of sasl-", sasl_vsn(), "; scripts/make-golden makes it again.\n"],
    Text = [io_lib:format("~tp.\n", [R]) || R <- Results],
    ok = file:write_file(filename:join(Directory, "translated.term"), unicode:characters_to_binary([Head | Text])).

translate(Direction, Script, To, From, Size) ->
    Mode = case Direction of up -> up; down -> dn end,
    try systools_rc:translate_scripts(Mode, [Script], records(To, Size), records(From, Size)) of
        {ok, LowLevel} -> {ok, LowLevel};
        {error, systools_rc, {_, [{_, _, _, _} | _]}} -> {error, crash};
        {error, systools_rc, Reason} -> {error, Reason}
    catch
        error:_ -> {error, crash}
    end.

records(Apps, Size) -> [record(App, Size) || App <- Apps].

%% #application{} of systools.hrl: name, type, vsn, id, description, modules, and so on.
record({Name, Vsn, Modules}, Size) ->
    Rest = lists:duplicate(Size - 7, []),
    list_to_tuple([application, Name, permanent, Vsn, "", "", Modules | Rest]).

%% The record has grown over the releases, and its header is not part of a node: try the sizes.
record_size() ->
    [Size | _] = [Size || Size <- lists:seq(12, 30), understood(Size)],
    Size.

understood(Size) ->
    App = record({a, "1", [m]}, Size),
    element(1, systools_rc:translate_scripts(up, [[{load_module, m}]], [App], [App])) =:= ok.

sasl_vsn() ->
    {ok, [{application, sasl, Keys}]} = file:consult(code:where_is_file("sasl.app")),
    proplists:get_value(vsn, Keys).
