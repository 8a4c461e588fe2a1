%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The NIF libraries of an application: whether those of the new version can take over from those in memory,
%% whether they are in memory already, and whether they are there in the end.
-module(erlrc_library).
-export([check_libraries/5, check_nifs/1, has_lost_nifs/2, load_with_former_library/4,
         load_with_library/4, modules_of_libraries/1, with_nifs/1]).
-import(erlrc_code, [load/4]).
-import(erlrc_elf, [file_image/1, has_nif_init/1, is_same_code/2, nif_entries/1]).
-import(erlrc_journal, [journal/2, remark/2]).
-import(erlrc_mapped, [close_mapped/1, libraries_of/2, mapped/0, used/2]).
-import(erlrc_path, [is_same_file/2, named_like/2, restore_path/1, spelled_anew/3]).
-import(erlrc_pins, [pin_libraries/2, pin_used/3]).
-import(erlrc_text, [fail/2, modules/1]).

%% Changed: modules with other code. Again: those with the same code, which are loaded again if their library
%% differs. Kept: those that nothing loads. Notes which modules to load
%% have NIFs.
%%
%% A library that has no function `upgrade' refuses to be loaded for a module whose old code has a library,
%% too. Many authors ignore that, and the module is without its NIFs. So that is looked for in the libraries
%% of the new version.
check_libraries(Ebin, Changed, Again, Kept, C) ->
    New = new_libraries(Ebin),
    case [Module || Module <- Changed, lists:member({Module, false}, all_entries(New))] of
        [] -> ok;
        Without -> fail("NIF libraries that do not support an upgrade while the one before is loaded: ~ts",
                        [modules(Without)])
    end,
    Differ = differing(with_nifs(Again ++ Kept), New),
    Loaded = [Module || Module <- Differ, lists:member(Module, Again),
                        lists:member({Module, true}, all_entries(New))],
    case Differ -- Loaded of
        [] -> ok;
        Stay -> remark("NIF libraries that differ, and cannot be replaced while the node runs, so that a"
                       " restart is due: ~ts", [modules(Stay)])
    end,
    C#{libraries := Ebin, nifs := with_nifs(Changed ++ Loaded), same := Again -- Loaded}.

%% A module may ignore a library that it cannot load; one without on_load needs a process that loads its
%% library; and one that looks for it in the wrong place may find that of another version.
check_nifs(#{nifs := Nifs, libraries := Ebin}) ->
    case [Module || Module <- Nifs, has_lost_nifs(Module, Nifs)] of
        [] -> ok;
        Lost -> fail("modules that have lost their NIFs: ~ts", [modules(Lost)])
    end,
    New = new_libraries(Ebin),
    Mapped = mapped(),
    %% An equal one that lies elsewhere was loaded for something else, or from an earlier version.
    Found = [Entry || {File, Image, Entries} <- New, {Name, _, Loaded, _} <- Mapped,
                      is_same_file(Name, File), is_same_code(Loaded, Image), Entry <- Entries],
    Others = [Module || Module <- Nifs, images_of(Module, New) =/= [], not lists:keymember(Module, 1, Found)],
    close_mapped(Mapped),
    Others =:= [] orelse fail("modules that have not loaded the NIF library of their version: ~ts",
                              [modules(Others)]).

%% Code that is loaded looks for its library by way of the code path. If the dynamic linker has another
%% library by the name that it would find, the path leads there by another name meanwhile.
load_with_library(Module, File, Beam, #{libraries := Ebin} = C) ->
    _ = case taken_names(Module, Ebin) of
            [] ->
                load(Module, File, Beam, C);
            Taken ->
                Path = code:get_path(),
                journal(paths, {path, Path}),
                _ = restore_path(spelled_anew(Ebin, Taken, Path)),
                load(Module, File, Beam, C),
                restore_path(Path)
        end,
    Images = images_of(Module, new_libraries(Ebin)),
    Mapped = mapped(),
    pin_used([Library || {_, _, Loaded, _} = Library <- Mapped, Image <- Images, is_same_code(Loaded, Image)],
             Mapped, C).

%% Loads the code that was there before, with the library that it had: the one that was pinned last, without
%% what the later code uses. Its file may be another one by now, or the name of the file may mean a library
%% before that. The later library stays for what it has created.
load_with_former_library(Module, File, Beam, C) ->
    Mapped = mapped(),
    Later = case has_nifs(Module) of true -> used(Module, Mapped); false -> [] end,
    Pinned = [{Pin, Name} || {Name, _, _, Pin} <- libraries_of(Module, Mapped) -- Later, Pin > 0],
    close_mapped(Mapped),
    unless_it_fails(fun() -> pin_libraries([Module], C) end),
    case lists:sort(Pinned) of
        [] ->
            load(Module, File, Beam, C);
        Sorted ->
            {_, Former} = lists:last(Sorted),
            Path = code:get_path(),
            _ = restore_path(named_like(Former, Path)),
            load(Module, File, Beam, C),
            restore_path(Path),
            Now = mapped(),
            unless_it_fails(fun() ->
                                    pin_used([Library || {Name, _, _, _} = Library <- Now, Name =:= Former],
                                             Now, C)
                            end)
    end.

%% A rollback continues in any case.
unless_it_fails(Pin) ->
    try Pin() catch throw:{fail, Why} -> remark("~ts", [Why]) end.

%% The names of libraries in memory that lead to a library of Module in the new version, which is another one.
taken_names(Module, Ebin) ->
    Mapped = mapped(),
    Taken = [unicode:characters_to_list(Name)
             || {File, Image, _} = Library <- new_libraries(Ebin), images_of(Module, [Library]) =/= [],
                {Name, _, Loaded, _} <- Mapped, is_same_file(Name, File), not is_same_code(Loaded, Image)],
    close_mapped(Mapped),
    Taken.

has_nifs(Module) ->
    erlang:module_loaded(Module) andalso Module:module_info(nifs) =/= [].

with_nifs(Modules) ->
    [Module || Module <- Modules, has_nifs(Module)].

has_lost_nifs(Module, Had) ->
    lists:member(Module, Had) andalso not has_nifs(Module).

%% [{File, Image, [{Module, whether it can take over}]}]
new_libraries(Ebin) ->
    Files = filelib:wildcard(filename:join([filename:dirname(Ebin), "priv", "**", "*.so"])),
    [{File, Image, [{binary_to_atom(Module, utf8), How} || {Module, How} <- nif_entries(Image)]}
     || {File, Image} <- [{File, file_image(File)} || File <- Files], has_nif_init(Image)].

modules_of_libraries(Ebin) ->
    {Modules, _} = lists:unzip(all_entries(new_libraries(Ebin))),
    Modules.

all_entries(Libraries) ->
    lists:append([Entries || {_, _, Entries} <- Libraries]).

images_of(Module, Libraries) ->
    [Image || {_, Image, Entries} <- Libraries, lists:keymember(Module, 1, Entries)].

%% The modules that use no library of the new version. A library that does not show whose it is may be
%% anyone's.
differing(Modules, New) ->
    Mapped = mapped(),
    Anyones = [Image || {_, Image, []} <- New],
    Differ = [Module || Module <- Modules,
                        case images_of(Module, New) of
                            [] -> not lists:all(fun(Image) -> is_mapped(Image, Mapped) end, Anyones);
                            Own -> Used = used(Module, Mapped),
                                   not lists:any(fun(Image) -> is_mapped(Image, Used) end, Own)
                        end],
    close_mapped(Mapped),
    Differ.

is_mapped(Image, Mapped) ->
    lists:any(fun({_, _, Other, _}) -> is_same_code(Image, Other) end, Mapped).
