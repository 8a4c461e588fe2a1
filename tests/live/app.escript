#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%! -noinput
%% Prints what a real Erlang makes of beams and generated appups. Results are files in the external term
%% format.
%%
%%   app.escript beams DIR OUT        every beam of OTP, and of Elixir if it is there, is copied to DIR/APP-VSN/MODULE.beam;
%%                                    OUT gets [{App, Vsn, [{Module, Md5, OnLoad, Nif, Exports, Imports}]}]
%%   app.escript build SOURCES DIR    compiles both versions of egerl to DIR/egerl-1/ebin and DIR/egerl-2/ebin
%%   app.escript upgrade DIR OUT      starts version 1, upgrades it by the appup in DIR/egerl-2/ebin, and downgrades; OUT
%%                                    gets the observations: [{Step, [{What, Seen}]}]
%%   app.escript match IN OUT         IN: [{Pattern, [Vsn]}] as in an appup; OUT gets [[whether Pattern matches Vsn]]
-mode(compile).

main(["match", In, Out]) ->
    {ok, [Pairs]} = file:consult(In),
    Means = fun(Pattern, Vsn) -> systools_relup:appup_search_for_version(Vsn, [{Pattern, []}]) =:= {ok, []} end,
    write(Out, [[Means(Pattern, Vsn) || Vsn <- Vsns] || {Pattern, Vsns} <- Pairs]);
main(["beams", Dir, Out]) ->
    Elixir = filelib:wildcard("/usr/lib/elixir/lib/*/ebin/*.app"),
    Files = filelib:wildcard(filename:join(code:lib_dir(), "*/ebin/*.app")) ++ Elixir,
    write(Out, [beams(Dir, File) || File <- Files]);
main(["build", Sources, Dir]) ->
    Files = lists:sort(filelib:wildcard(filename:join(Sources, "*.erl"))),
    build(Sources, Files -- [filename:join(Sources, "egerl_new.erl")], "1", [], Dir),
    build(Sources, Files -- [filename:join(Sources, "egerl_gone.erl")], "2", [{d, 'V2'}], Dir);
main(["upgrade", Dir, Out]) ->
    One = filename:join([Dir, "egerl-1", "ebin"]),
    true = code:add_patha(One),
    ok = application:start(egerl),
    [code:ensure_loaded(M) || M <- element(2, application:get_key(egerl, modules))],
    Before = {started, seen()},
    Up = release_handler:upgrade_app(egerl, filename:join(Dir, "egerl-2")),
    After = {Up, seen()},
    Down = release_handler:downgrade_app(egerl, "1", filename:join(Dir, "egerl-1")),
    write(Out, [Before, After, {Down, seen()}]).

write(Out, Term) -> ok = file:write_file(Out, term_to_binary(Term)).

%% --- beams

beams(Dir, File) ->
    {ok, [{application, App, Keys}]} = file:consult(File),
    Vsn = proplists:get_value(vsn, Keys),
    To = filename:join(Dir, atom_to_list(App) ++ "-" ++ Vsn),
    ok = filelib:ensure_dir(filename:join(To, "x")),
    {App, Vsn, [beam(Beam, To) || Beam <- filelib:wildcard(filename:join(filename:dirname(File), "*.beam"))]}.

beam(File, To) ->
    {ok, Bytes} = file:read_file(File),
    ok = file:write_file(filename:join(To, filename:basename(File)), Bytes),
    {ok, {Module, Md5}} = beam_lib:md5(Bytes),
    {ok, {Module, [{exports, Exports}, {imports, Imports}]}} = beam_lib:chunks(Bytes, [exports, imports]),
    {beam_file, Module, _, _, _, Functions} = beam_disasm:file(Bytes),
    OnLoad = lists:any(fun({function, _, _, _, Is}) -> lists:member(on_load, Is) end, Functions),
    {Module, Md5, OnLoad, lists:member({erlang, load_nif, 2}, Imports), length(Exports), length(Imports)}.

%% --- egerl

build(Sources, Files, Vsn, Options, Dir) ->
    Ebin = filename:join([Dir, "egerl-" ++ Vsn, "ebin"]),
    ok = filelib:ensure_dir(filename:join(Ebin, "x")),
    Modules = [begin {ok, M} = compile:file(F, [report, {outdir, Ebin} | Options]), atom_to_list(M) end || F <- Files],
    {ok, Source} = file:read_file(filename:join(Sources, "egerl.app.src")),
    WithVsn = string:replace(Source, "VSN", Vsn),
    ok = file:write_file(filename:join(Ebin, "egerl.app"),
                         string:replace(WithVsn, "MODULES", lists:join(", ", Modules))).

seen() ->
    [{srv, call(egerl_srv)}, {fsm, answer(fun() -> gen_statem:call(egerl_fsm, x, 1000) end)},
     {event, answer(fun() -> gen_event:call(egerl_event, egerl_event, x, 1000) end)},
     {proc, special(egerl_proc)}, {bare, call(egerl_bare)}, {new, call(egerl_new)},
     {children, lists:sort([Id || {Id, Pid, _, _} <- supervisor:which_children(egerl_sup), is_pid(Pid)])},
     {old_code, [M || {M, _} <- code:all_loaded(), lists:prefix("egerl", atom_to_list(M)), erlang:check_old_code(M)]},
     {gone, code:is_loaded(egerl_gone) =/= false},
     {version_change, persistent_term:get(egerl_version_change, never)},
     {vsn, element(2, application:get_key(egerl, vsn))}].

call(Name) -> answer(fun() -> gen_server:call(Name, x, 1000) end).

answer(Call) -> try Call() catch exit:{Why, _} -> Why end.

special(Name) ->
    Ref = make_ref(),
    Name ! {self(), Ref},
    receive {Ref, State} -> State after 1000 -> timeout end.
