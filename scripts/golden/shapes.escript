#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Versions of some modules of this Erlang, compiled from DIR/src into DIR/otpRELEASE, as they are and stripped.
%% The instructions depend on the release, so this is made by several: scripts/with-otp 27 scripts/make-golden
%% shapes.

main([Dir]) ->
    Out = filename:join(Dir, "otp" ++ erlang:system_info(otp_release)),
    ok = filelib:ensure_dir(filename:join(Out, "x")),
    [begin
         Source = filename:join([Dir, "src", Name ++ ".erl"]),
         {ok, _, Code} = compile:file(Source, [binary, deterministic, report_errors, {d, 'VSN', Vsn}]),
         {ok, {_, Stripped}} = beam_lib:strip(Code),
         [ok = file:write_file(filename:join(Out, Kind ++ integer_to_list(Vsn) ++ ".beam"), Beam)
          || {Kind, Beam} <- [{Name ++ "_", Code}] ++ [{"stripped_", Stripped} || Name =:= "holder"]]
     end || {Name, Last} <- [{"holder", 2}, {"converter", 3}, {"special", 1}, {"mapping", 2}, {"starter", 3},
                              {"taking", 2}, {"moded", 2}], Vsn <- lists:seq(1, Last)],
    io:format("~s~n", [Out]).
