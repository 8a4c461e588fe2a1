%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Sends what code runs on the node, for a comparison with the disk, and changes nothing
%% (src/node/running_code.cpp reads it).
-module(erlrc_compare).
-export([main/3]).
-import(erlrc_elf, [digests/1, has_nif_init/1, nif_entries/1]).
-import(erlrc_mapped, [libraries/0, used/2]).

main(_, Client, Ref) ->
    {Modules, Files} = lists:unzip(code:all_loaded()),
    Md5s = lists:zipwith(fun erlang:get_module_info/2, Modules, lists:duplicate(length(Modules), md5)),
    Pids = processes() -- [self()],
    Old = [erlang:check_old_code(Module) andalso is_run(Module, Pids) || Module <- Modules],
    All = libraries(),
    Nifs = [Library || {_, _, Image, _} = Library <- All, has_nif_init(Image)],
    Client ! {Ref, #{path => lists:map(fun filename:absname/1, code:get_path()),
                     modules => lists:zip(lists:zip(Modules, Files), lists:zip(Md5s, Old)),
                     libraries => [{Name, entries(Image), is_replaced(Library, Nifs), digests(Image)}
                                   || {Name, _, Image, _} = Library <- All, not is_pin(Name)]}}.

%% Whether it stays only for what it has created.
is_replaced({_, _, _, 0}, _) ->
    false;
is_replaced({_, _, Image, _} = Library, Nifs) ->
    not lists:any(fun(Module) -> lists:member(Library, used(binary_to_atom(Module, utf8), Nifs)) end,
                  entries(Image)).

%% Other libraries, as that of OpenSSL, are large, and have none.
entries(Image) ->
    case has_nif_init(Image) of
        true -> [Module || {Module, _} <- nif_entries(Image)];
        false -> []
    end.

%% Whether a process runs the code that the module had before. One that has ended meanwhile does not.
is_run(Module, Pids) ->
    lists:member(true, lists:zipwith(fun erlang:check_process_code/2, Pids,
                                     lists:duplicate(length(Pids), Module))).

%% The small libraries by which others are pinned.
is_pin(Name) ->
    binary:match(filename:basename(Name), <<"erlrc-pins-">>) =/= nomatch.
