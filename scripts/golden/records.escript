#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%
%% A module with records, compiled from DIR/src into DIR/otpRELEASE with and without debug information, and
%% stripped. How records are accessed depends on the release: scripts/with-otp 27 scripts/make-golden records.

main([Dir]) ->
    Out = filename:join(Dir, "otp" ++ erlang:system_info(otp_release)),
    ok = filelib:ensure_dir(filename:join(Out, "x")),
    Compiled = fun(Options) ->
                       Source = filename:join([Dir, "src", "holder.erl"]),
                       {ok, _, Code} = compile:file(Source, [binary, deterministic, report_errors | Options]),
                       Code
               end,
    {ok, {_, Stripped}} = beam_lib:strip(Compiled([])),
    [ok = file:write_file(filename:join(Out, Name ++ ".beam"), Beam)
     || {Name, Beam} <- [{"hidden", Compiled([])}, {"updating", Compiled([{d, 'UPDATES'}])},
                         {"shown", Compiled([debug_info])}, {"stripped", Stripped}]],
    io:format("~s~n", [Out]).
