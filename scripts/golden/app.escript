#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%! +pc unicode
%%
%% BEAM files of this Erlang, compiled from DIR/src into DIR/otpRELEASE, and what beam_lib and beam_disasm
%% return for them: beams.term, one term for each file,
%%   {File, Module, Md5, Exports, Imports, Behaviours, OnLoad, Nif, Vsn}.
%% The form of a file depends on the release, so this is made by several: scripts/with-otp 29
%% scripts/make-golden app.

main([Dir]) ->
    Out = filename:join(Dir, "otp" ++ erlang:system_info(otp_release)),
    ok = filelib:ensure_dir(filename:join(Out, "x")),
    [ok = file:delete(F) || F <- filelib:wildcard(filename:join(Out, "*.{beam,term}"))],
    Sources = lists:sort(filelib:wildcard(filename:join([Dir, "src", "*.erl"]))),
    Beams = lists:append([compile(Source, Out) || Source <- Sources]),
    Facts = [io_lib:format("~0tp.~n", [facts(Beam)]) || Beam <- Beams],
    ok = file:write_file(filename:join(Out, "beams.term"), unicode:characters_to_binary(Facts)),
    io:format("~s: ~b files~n", [Out, length(Beams)]).

compile(Source, Out) ->
    Name = filename:basename(Source, ".erl"),
    [begin
         {ok, _, Code} = compile:file(Source, [binary, deterministic, report_errors | Options]),
         Beam = filename:join(Out, Name ++ Suffix ++ ".beam"),
         ok = file:write_file(Beam, Code, [compressed || lists:member(compressed, Options)]),
         Beam
     end || {Suffix, Options} <- [{"", []} | variants(Name)]].

variants("plain") -> [{"_gzip", [compressed]}, {"_debug", [debug_info]}];
%% The last release that can still write the table of atoms in its oldest form.
variants("latin") -> [{"_1", [no_utf8_atoms]} || erlang:system_info(otp_release) =:= "23"];
variants(_) -> [].

facts(Beam) ->
    {ok, {Module, Md5}} = beam_lib:md5(Beam),
    {ok, {Module, Chunks}} = beam_lib:chunks(Beam, [exports, imports, attributes]),
    {beam_file, Module, _, _, _, Functions} = beam_disasm:file(Beam),
    OnLoad = lists:any(fun({function, _, _, _, Is}) -> lists:member(on_load, Is) end, Functions),
    Attributes = proplists:get_value(attributes, Chunks),
    Imports = proplists:get_value(imports, Chunks),
    {filename:basename(Beam), Module, Md5, proplists:get_value(exports, Chunks), Imports,
     lists:append(proplists:get_all_values(behaviour, Attributes) ++ proplists:get_all_values(behavior, Attributes)),
     OnLoad, lists:member({erlang, load_nif, 2}, Imports), vsn(Beam)}.

%% As release_handler_1:get_vsn/1, which is not exported.
vsn(Beam) ->
    {ok, {_, Vsn}} = beam_lib:version(Beam),
    case misc_supp:is_string(Vsn) of
        true -> Vsn;
        false when length(Vsn) =:= 1 -> hd(Vsn);
        false -> Vsn
    end.
