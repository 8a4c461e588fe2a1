%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Where the code that runs has come from, if not from the application's directory. It is looked at before
%% anything is touched.
-module(erlrc_origin).
-export([check_origin/3]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_path, [names_of/2]).
-import(erlrc_text, [fail/2, modules/1, module_name/1]).

%% Modules are loaded; Names is what code:is_loaded/1 returns for each.
check_origin(Modules, Names, Ebin) ->
    Rows = lists:zip(Modules, Names),
    case [Module || {Module, {file, cover_compiled}} <- Rows] of
        [] -> ok;
        Covered -> fail("compiled for cover(3erl), so that cover has to be stopped first: ~ts",
                        [modules(Covered)])
    end,
    case lists:filter(fun code:is_sticky/1, Modules) of
        [] -> ok;
        Sticky -> fail("in sticky directories; see unstick_dir in code(3erl): ~ts", [modules(Sticky)])
    end,
    Prefix = filename:join(Ebin, "") ++ "/",
    case [{Module, File} || {Module, {file, [$/ | _] = File}} <- Rows, not lists:prefix(Prefix, File)] of
        [] -> ok;
        Others -> note_patches(Others, Ebin, code:get_path())
    end.

%% A directory with the .app file of the application has one of its versions: what the run is about.
note_patches(Others, Ebin, Path) ->
    Own = names_of(Ebin, Path),
    Apps = filelib:wildcard("*.app", Ebin),
    case [[module_name(Module), " in ", filename:dirname(File)]
          || {Module, File} <- Others, lists:member(filename:dirname(File), Path),
             not lists:member(filename:dirname(File), Own),
             not lists:any(fun(App) -> filelib:is_file(filename:join(filename:dirname(File), App)) end,
                           Apps)] of
        [] -> ok;
        Patches -> remark("other directories of the code path have modules of their own, which a restart"
                          " would load again: ~ts", [lists:join("; ", Patches)])
    end.
