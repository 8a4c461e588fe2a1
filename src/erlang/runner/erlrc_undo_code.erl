%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Modules back to the code that they had before.
-module(erlrc_undo_code).
-export([comes_later/1, put_back/3, replace/3]).
-import(erlrc_code, [load/4, loaded_md5/1, users_of_old_code/1]).
-import(erlrc_journal, [journal_of/1, recall/1, record/2]).
-import(erlrc_library, [has_lost_nifs/2, load_with_former_library/4, with_nifs/1]).
-import(erlrc_path, [restore_path/1]).
-import(erlrc_text, [fail/2, module_name/1, text/2]).

%% Code may run when it is loaded (on_load), and call what a group of modules is to be put back to: then that
%% comes first.
comes_later(Entry) ->
    case lists:splitwith(fun({code, {code, _, _}}) -> true; (_) -> false end, recall(journal)) of
        {Singles, [{code, {switch_modules, _, _}} = Switch | Older]} ->
            record(journal, [Switch, {code, Entry} | Singles] ++ Older),
            true;
        _ ->
            false
    end.

put_back(Module, {File, Beam} = Previous, C) ->
    %% If the step failed before it changed the code, to load it again would leave those who run it in old
    %% code. If it loaded the same code from another file, the file is worth less than a process that runs old
    %% code since then.
    case loaded_md5(Module) =:= code:module_md5(Beam)
        andalso (code:is_loaded(Module) =:= {file, File} orelse not code:soft_purge(Module)) of
        true -> ok;
        false -> replace(Module, Previous, C)
    end;
put_back(Module, Previous, C) ->
    replace(Module, Previous, C).

%% A process that never noticed the change may still run the code from before.
replace(Module, Previous, #{nifs := Nifs} = C) ->
    old_path(),
    Killed = case not erlang:check_old_code(Module) orelse code:soft_purge(Module) of
                 true -> [];
                 false -> lists:append([Pids || {_, Pids} <- users_of_old_code([Module])])
             end,
    case Previous of
        not_loaded ->
            code:purge(Module),
            code:delete(Module),
            code:purge(Module);
        {File, Beam} ->
            case lists:member(Module, Nifs) orelse with_nifs([Module]) =/= [] of
                true -> load_with_former_library(Module, File, Beam, C);
                false -> load(Module, File, Beam, C)
            end;
        gone ->
            fail("~ts: the code it had before is in no file", [module_name(Module)])
    end,
    [text("~ts: was still running old code of ~ts and was killed when it was restored", [pid_to_list(Pid),
          module_name(Module)]) || Pid <- Killed]
        ++ [text("~ts: old code restored, but its NIFs are not loaded", [module_name(Module)])
            || has_lost_nifs(Module, Nifs)].

%% Code that is loaded again may ask where its application lies, for its NIF library (code:priv_dir/1), and
%% must find its own version.
old_path() ->
    case lists:reverse(journal_of(paths)) of
        [{path, Path} | _] -> restore_path(Path);
        [] -> ok
    end.
