%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What the ports of an application run: linked-in drivers in the emulator, and programs of their own.
%%
%% New code uses the ports that are open already. Only their owner can close them, and a driver stays in
%% memory until no port uses it, so that an old one cannot be replaced here.
-module(erlrc_ports).
-export([check_ports/1]).
-import(erlrc_elf, [file_image/1, is_same_code/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_mapped, [close_mapped/1, libraries/0]).
-import(erlrc_path, [is_same_file/2]).

%% Compares them with the files around Ebin.
check_ports(Ebin) ->
    Dir = filename:dirname(Ebin),
    case lists:usort(old_drivers(Dir) ++ old_programs(Dir)) of
        [] -> ok;
        Old -> remark("drivers and port programs of another version or build stay while they are in use, so"
                      " that a restart is due: ~ts", [lists:join(", ", Old)])
    end.

%% In one emulator, no two drivers have the same name. While one is in use, none can be loaded by that name
%% from another directory, even if it is the same: the application cannot open its ports again.
old_drivers(Dir) ->
    Names = [Name ++ ".so" || {Name, _} <- erl_ddll:info()],
    Files = [File || File <- filelib:wildcard(filename:join([Dir, "priv", "**", "*.so"])),
                     lists:member(filename:basename(File), Names)],
    Loaded = case Files of [] -> []; _ -> libraries() end,
    Old = [Name || File <- Files, Name <- [filename:basename(File)], {Mapped, _, Image, _} <- Loaded,
                   filename:basename(Mapped) =:= list_to_binary(Name),
                   not is_same_file(Mapped, File) orelse not is_same_code(Image, file_image(File))],
    close_mapped(Loaded),
    Old.

%% The system knows which file each process runs, also if that is gone.
old_programs(Dir) ->
    [filename:basename(File)
     || {os_pid, Pid} <- [erlang:port_info(Port, os_pid) || Port <- erlang:ports()], is_integer(Pid),
        Exe <- [filename:join(["/proc", integer_to_list(Pid), "exe"])],
        {ok, Name} <- [file:read_link(Exe)], File <- file_of(Name, Dir),
        {ok, New} <- [file:read_file(File)], {ok, New} =/= file:read_file(Exe)].

%% The file in this version that has the same name below priv, if the program is one of its application.
file_of(Name, Dir) ->
    [Own | _] = string:split(filename:basename(Dir), "-"),
    case string:split(Name, "/priv/", trailing) of
        [Begin, Rest] ->
            [App | _] = string:split(filename:basename(Begin), "-"),
            [filename:join([Dir, "priv", hd(string:split(Rest, " (deleted)"))]) || App =:= Own];
        _ ->
            []
    end.
