%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Steps that change the code path (include/erlrc/plan/path_steps.hpp).
-module(erlrc_path_steps).
-export([path_step/3]).
-import(erlrc_journal, [journal/2]).
-import(erlrc_path, [names_of/2, replace_path/3, restore_path/1]).
-import(erlrc_text, [expect/4]).

path_step(do, {add_path, Ebin}, C) ->
    journal(paths, {path, code:get_path()}),
    expect(true, code:add_patha(Ebin), "~ts: cannot be added to the code path", [Ebin]),
    C;
path_step(do, {replace_path, From, To}, C) ->
    Path = code:get_path(),
    journal(paths, {path, Path}),
    expect(true, replace_path(From, To, Path), "~ts: cannot be put into the code path", [To]),
    C;
path_step(do, {remove_path, Ebin}, C) ->
    Path = code:get_path(),
    journal(paths, {path, Path}),
    lists:foreach(fun code:del_path/1, [Ebin | names_of(Ebin, Path)]),
    C;
path_step(undo, {path, Path}, _) ->
    restore_path(Path).
