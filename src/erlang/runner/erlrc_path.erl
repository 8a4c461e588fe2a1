%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The code path.
%%
%% The code server looks at each directory that it is given. If it is given a whole path, it looks at every
%% one, and refuses the path if one is gone from disk. If it is to replace an application's first directory,
%% it looks only at the new one.
%%
%% A directory may be there by several names: Debian has fast_xml-V, a symbolic link to p1_xml-V, so that both
%% names of the application find it. They are replaced together: code that looks for its application by
%% another name than ours would find the old version, and its libraries.
-module(erlrc_path).
-export([is_same_file/2, named_like/2, names_of/2, replace_path/3, restore_path/1, spelled_anew/3]).

%% To where From is in Path, which is the path now.
replace_path(From, To, Path) ->
    case names_of(From, Path) of
        [] ->
            code:add_patha(To);
        _ when From =:= To ->
            true;
        [From] ->
            Desired = [case Dir of From -> To; _ -> Dir end || Dir <- Path],
            replace_first(From, To, Desired) orelse replace_all(From, To, Desired);
        Names ->
            replace_names(Names, From, To, Path)
    end.

%% What Path has for Dir: that and its other names. To look at each directory takes longer than all the rest,
%% so that names of other applications in other versions are taken for what they say.
names_of(Dir, Path) ->
    [Name | Vsn] = string:split(app_dir(Dir), "-"),
    Dirs = lists:usort(Path),
    %% There may be hundreds, so library functions look at each.
    Apps = lists:map(fun filename:basename/1, lists:map(fun filename:dirname/1, Dirs)),
    Alike = [Other || {Other, App} <- lists:zip(Dirs, Apps),
                      not lists:member($-, App) orelse lists:prefix(Name ++ "-", App)
                          orelse lists:suffix(lists:append(["-" | Vsn]), App)],
    Id = file_id(Dir),
    [Other || Other <- Alike, Other =:= Dir orelse (Id =/= none andalso file_id(Other) =:= Id)].

app_dir(Ebin) ->
    filename:basename(filename:dirname(Ebin)).

%% Device and inode.
file_id(File) ->
    case prim_file:read_file_info(File) of
        {ok, Info} -> {element(10, Info), element(12, Info)};
        {error, _} -> none
    end.

is_same_file(One, Other) ->
    One =:= Other orelse (file_id(One) =/= none andalso file_id(One) =:= file_id(Other)).

%% Each name gives way to the one of To that is like it, if there is one; and one of them to To.
replace_names(Names, From, To, Path) ->
    First = case lists:member(From, Names) of true -> From; false -> hd(Names) end,
    New = maps:from_list([{First, [To]} | [{Name, new_names(Name, To)} || Name <- Names, Name =/= First]]),
    _ = restore_path(lists:append([maps:get(Dir, New, [Dir]) || Dir <- Path])),
    lists:member(To, code:get_path()).

%% The other name of To that is for the same application as Name, or lies next to it.
new_names(Name, To) ->
    App = filename:dirname(Name),
    [Base | _] = string:split(filename:basename(App), "-"),
    Others = [filename:join([Dir, Entry, "ebin"])
              || Dir <- lists:usort([filename:dirname(App), filename:dirname(filename:dirname(To))]),
                 Entry <- [app_dir(To), Base | filelib:wildcard(Base ++ "-*", Dir)]],
    lists:sublist([Other || Other <- Others, Other =/= To, is_same_file(Other, To)], 1).

%% Path with other spellings of what it has for Ebin, so that by them none of the files Taken lies there.
spelled_anew(Ebin, Taken, Path) ->
    Names = names_of(Ebin, Path),
    [case lists:member(Dir, Names) of true -> spelled_anew(Dir, Taken); false -> Dir end || Dir <- Path].

spelled_anew(Dir, Taken) ->
    IsFree = fun(Name) ->
                     not lists:any(fun(File) -> lists:prefix(filename:dirname(Name) ++ "/", File) end, Taken)
             end,
    hd([Name || Name <- spellings(Dir, length(Taken) + 1), is_same_file(Name, Dir), IsFree(Name)] ++ [Dir]).

%% "/usr/lib/x-1/../x-1/ebin", "/usr/lib/../lib/x-1/ebin", ..
spellings(Ebin, Most) ->
    Parts = filename:split(Ebin),
    [filename:join(Before ++ lists:append(lists:duplicate(N, [hd(After), ".."])) ++ After)
     || At <- lists:seq(length(Parts) - 2, 1, -1), {Before, After} <- [lists:split(At, Parts)],
        N <- lists:seq(1, Most)].

%% Path with the directory of the application of that library as it is spelled in the name of the library.
named_like(Library, Path) ->
    [App | _] = string:split(unicode:characters_to_list(Library), "/priv/", trailing),
    Ebin = filename:join(App, "ebin"),
    Names = names_of(Ebin, Path),
    [case lists:member(Dir, Names) of true -> Ebin; false -> Dir end || Dir <- Path].

restore_path(Path) ->
    Now = code:get_path(),
    Restored = case {Now -- Path, Path -- Now} of
                   {[], []} -> Now =:= Path;
                   {[New], [Old]} -> replace_first(New, Old, Path);
                   _ -> false
               end,
    Restored orelse restore_all(Path).

replace_first(From, To, Desired) ->
    [App | _] = string:split(filename:basename(filename:dirname(To)), "-"),
    {code:lib_dir(App), "ebin"} =:= {filename:dirname(From), filename:basename(From)}
        andalso code:replace_path(App, To) =:= true
        andalso code:get_path() =:= Desired.

replace_all(From, To, Desired) ->
    case code:set_path(Desired) of
        true ->
            true;
        {error, bad_directory} ->
            %% Some other directory is gone: change just these two.
            case code:add_patha(To) of
                true -> code:del_path(From), true;
                Error -> Error
            end
    end.

restore_all(Path) ->
    case code:set_path(Path) of
        true ->
            ok;
        {error, bad_directory} ->
            Now = code:get_path(),
            lists:foreach(fun(Dir) -> code:del_path(Dir) end, Now -- Path),
            lists:foreach(fun(Dir) -> code:add_patha(Dir) end, lists:reverse(Path -- Now))
    end.
