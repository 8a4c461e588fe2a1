%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Makes a release file, a boot script and a boot file (src/boot/boot_script.cpp). OTP's systools makes them
%% of the native planner's plan: it gets a copy of each .app file as in the plan, with the administrator's
%% changes, and with the keys that it insists on.
-module(erlrc_boot_script).
-export([make/0]).

%% Sends {made, Release, Script, Boot}, the contents of the files, or {failed, Text} to the program that
%% started the node.
make() ->
    _ = application:load(erlrc),
    Watcher = erlrc_watcher:start(),
    {ok, {Static, Planned, Ebins}} = application:get_env(erlrc, boot_script),
    %% The directories that packages declare are not in the code path.
    ok = code:add_pathsz(Ebins -- code:get_path()),
    Answer = try make(Static, Planned)
             catch throw:{failed, Text} -> {failed, unicode:characters_to_binary(Text)}
             end,
    ok = erlrc_watcher:send_at_once(Watcher, Answer),
    erlang:halt(0).

%% Planned is [{App, Type, Spec}]. A node with a static script needs nothing of ours; with another one it
%% boots by erlrc_boot.
make(Static, Planned) ->
    Types = [{kernel, permanent}, {stdlib, permanent}, {sasl, permanent}] ++ [{erlrc, load} || not Static],
    Own = [{App, vsn(App), Type} || {App, Type} <- Types],
    Apps = [{App, vsn_of(Spec), Type} || {App, Type, Spec} <- Planned],
    Release = {release, {"erlrc", "1"}, {erts, erlang:system_info(version)}, Own ++ Apps},
    Dir = temporary_directory(),
    try in_directory(Dir, Release, [{App, ebin(App), Spec} || {App, _, Spec} <- Planned])
    after file:del_dir_r(Dir)
    end.

ebin(App) -> filename:absname(filename:dirname(code:where_is_file(atom_to_list(App) ++ ".app"))).

vsn(App) ->
    {ok, Vsn} = application:get_key(App, vsn),
    Vsn.
vsn_of({application, _, Keys}) -> proplists:get_value(vsn, Keys, "").

in_directory(Dir, Release, Specs) ->
    File = filename:join(Dir, "made"),
    ok = write_term(File ++ ".rel", Release),
    Places = [place(Dir, Spec) || Spec <- Specs],
    %% Without `local', every application would be looked for in $ROOT/lib/APP-VSN.
    Options = [local, silent, no_module_tests, no_warn_sasl, {outdir, Dir},
               {path, [Place || {Place, _} <- Places]}],
    case systools:make_script(File, Options) of
        {ok, _, _} -> ok;
        {error, Module, Error} -> fail(["systools: ", Module:format_error(Error)])
    end,
    {ok, [{script, Id, Commands}]} = file:consult(File ++ ".script"),
    Real = [real(Command, maps:from_list(Places)) || Command <- Commands],
    ok = write_term(File ++ ".script", {script, Id, Real}),
    ok = systools:script2boot(File),
    {made, read(File ++ ".rel"), read(File ++ ".script"), read(File ++ ".boot")}.

%% Where systools finds the .app file, and where the node finds the application.
place(Dir, {App, Ebin, {application, App, Keys} = Spec}) ->
    Missing = [Module || Module <- proplists:get_value(modules, Keys, []),
                         not filelib:is_regular(filename:join(Ebin, [atom_to_list(Module), ".beam"]))],
    Missing =:= [] orelse
        fail([atom_to_list(App), ": ", Ebin, " has no file of module ", atom_to_list(hd(Missing))]),
    Place = filename:join([Dir, App, "ebin"]),
    ok = filelib:ensure_dir(filename:join(Place, "x")),
    ok = write_term(filename:join(Place, atom_to_list(App) ++ ".app"), complete(Spec)),
    {Place, Ebin}.

%% The node would do without these.
complete({application, App, Keys}) ->
    Defaults = [{description, ""}, {modules, []}, {registered, []}, {applications, []}],
    Missing = [Default || {Key, _} = Default <- Defaults, not lists:keymember(Key, 1, Keys)],
    {application, App, Keys ++ Missing}.

below_root(Ebin) ->
    Root = code:root_dir() ++ "/",
    case lists:prefix(Root, Ebin) of
        true -> "$ROOT/" ++ lists:nthtail(length(Root), Ebin);
        false -> Ebin
    end.

real({path, Path}, Places) -> {path, [below_root(maps:get(Dir, Places, Dir)) || Dir <- Path]};
real(Command, _) -> Command.

write_term(File, Term) ->
    file:write_file(File, unicode:characters_to_binary(io_lib:format("%% coding: utf-8~n~tp.~n", [Term]))).

read(File) ->
    {ok, Bytes} = file:read_file(File),
    Bytes.

temporary_directory() ->
    Name = "erlrc-boot-script." ++ os:getpid() ++ "." ++ integer_to_list(rand:uniform(1 bsl 64)),
    make_directory([filename:join(Parent, Name) || Parent <- [os:getenv("TMPDIR", "/tmp"), "/tmp"]]).

%% A TMPDIR that does not exist, or that is another user's, comes with su(1) from a session that has one.
make_directory([Dir | Others]) ->
    case file:make_dir(Dir) of
        ok -> Dir;
        {error, _} when Others =/= [] -> make_directory(Others);
        {error, Reason} -> fail([Dir, ": ", file:format_error(Reason)])
    end.

fail(Text) -> throw({failed, lists:join(" ", string:lexemes(unicode:characters_to_list(Text), "\n "))}).
