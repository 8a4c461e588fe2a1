%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The code path.
%%
%% The code server looks at each directory that it is given. If it is given a whole path, it looks at every
%% one, and refuses the path if one is gone from disk. If it is to replace an application's first directory,
%% it looks only at the new one.
-module(erlrc_path).
-export([replace_path/3, restore_path/1]).

%% To where From is in Path, which is the path now.
replace_path(From, To, Path) ->
    case lists:member(From, Path) of
        true ->
            Desired = [case Dir of From -> To; _ -> Dir end || Dir <- Path],
            replace_first(From, To, Desired) orelse replace_all(From, To, Desired);
        false ->
            code:add_patha(To)
    end.

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
