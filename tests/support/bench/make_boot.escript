#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%
%% make_boot.escript DIR NAME APPLICATIONS DEPENDENCIES MILLISECONDS
%%
%% Makes applications NAME1, NAME2, .. in DIR/lib, each with a callback module, a supervisor and a server,
%% whose start takes that long. DEPENDENCIES is their total number: they are spread evenly, in layers of five
%% applications. Also makes DIR/applications for erlrc_boot, and DIR/NAME.boot with OTP's systools.
-mode(compile).

-define(LAYER, 5).

main([Dir, Name | Numbers]) ->
    [Count, Dependencies, Ms] = [list_to_integer(Number) || Number <- Numbers],
    Apps = [{app(Name, I), needs(Name, I, Count, Dependencies)} || I <- lists:seq(1, Count)],
    Dependencies = length(lists:append([Needs || {_, Needs} <- Apps])),
    Path = [make(Dir, App, Needs, Ms) || {App, Needs} <- Apps],
    release(filename:join(Dir, Name), Path, [App || {App, _} <- Apps]).

app(Name, I) -> list_to_atom(Name ++ integer_to_list(I)).

%% The share of the application in the dependencies, on applications in earlier layers, the nearest first.
needs(_, I, _, _) when I =< ?LAYER -> [];
needs(Name, I, Count, Dependencies) ->
    Dependents = Count - ?LAYER,
    Nth = I - ?LAYER,
    Share = Dependencies * Nth div Dependents - Dependencies * (Nth - 1) div Dependents,
    Before = (I - 1) div ?LAYER * ?LAYER,
    [app(Name, N) || N <- lists:seq(Before, max(1, Before - Share + 1), -1)].

make(Dir, App, Needs, Ms) ->
    Ebin = filename:join([Dir, "lib", atom_to_list(App) ++ "-1.0", "ebin"]),
    [Callback, Supervisor, Server] = Modules = [list_to_atom(atom_to_list(App) ++ Part) || Part <- ["_app", "_sup", "_srv"]],
    Listed = filename:join([Dir, "applications", atom_to_list(App)]),
    ok = filelib:ensure_dir(filename:join(Ebin, "x")),
    ok = filelib:ensure_dir(Listed),
    ok = file:write_file(Listed, ""),
    write(filename:join(Ebin, atom_to_list(App) ++ ".app"),
          {application, App, [{description, ""}, {vsn, "1.0"}, {modules, Modules}, {registered, [Supervisor, Server]},
                              {applications, [kernel, stdlib | Needs]}, {mod, {Callback, []}}]}),
    module(Ebin, Callback, ["-behaviour(application). -export([start/2, stop/1]).",
                            io_lib:format("start(_, _) -> timer:sleep(~b), ~s:start_link().", [Ms, Supervisor]),
                            "stop(_) -> ok."]),
    module(Ebin, Supervisor, ["-behaviour(supervisor). -export([start_link/0, init/1]).",
                              "start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).",
                              io_lib:format("init(_) -> {ok, {{one_for_one, 1, 5}, [{s, {~s, start_link, []}, permanent,"
                                            " 1000, worker, [~s]}]}}.", [Server, Server])]),
    module(Ebin, Server, ["-behaviour(gen_server). -export([start_link/0, init/1, handle_call/3, handle_cast/2]).",
                          "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).",
                          "init(_) -> {ok, none}.",
                          "handle_call(_, _, S) -> {reply, S, S}.",
                          "handle_cast(_, S) -> {noreply, S}."]),
    Ebin.

module(Ebin, Module, Text) ->
    Source = filename:join(Ebin, atom_to_list(Module) ++ ".erl"),
    ok = file:write_file(Source, [["-module(", atom_to_list(Module), ").\n"] | [[Line, $\n] || Line <- Text]]),
    {ok, Module} = compile:file(Source, [{outdir, Ebin}]).

release(Name, Path, Apps) ->
    Base = [{App, begin application:load(App), {ok, Vsn} = application:get_key(App, vsn), Vsn end}
            || App <- [kernel, stdlib, sasl]],
    write(Name ++ ".rel", {release, {"bench", "1.0"}, {erts, erlang:system_info(version)},
                           Base ++ [{App, "1.0", temporary} || App <- Apps]}),
    ok = systools:make_script(Name, [local, {path, Path}, {outdir, filename:dirname(Name)}]).

write(File, Term) -> ok = file:write_file(File, io_lib:format("~tp.~n", [Term])).
