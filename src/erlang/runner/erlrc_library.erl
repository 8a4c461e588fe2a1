%% SPDX-License-Identifier: BSD-3-Clause
%%
%% NIF libraries stay in memory.
%%
%% When the old code of a module is purged, the emulator unmaps its library as soon as the new one has taken
%% over its resources. But resources may hold pointers into the library that made them: those of fast_xml hold
%% its callbacks for the XML parser, and the node dies by a segmentation fault at the next byte of an open
%% stream. So whatever a change may unmap is first made part of a library that is never unmapped: a file of
%% 400 bytes that has nothing in it but the request to stay (DF_1_NODELETE) and the path of the library that
%% it needs. The dynamic linker does the rest. That the emulator then finds no driver in it is expected. A
%% library that is loaded from the same place again is found in memory, with its data.
-module(erlrc_library).
-export([check_libraries/2, has_lost_nifs/2, pin_libraries/2]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_text, [fail/2, modules/1, short/1]).

%% Returns the modules that have NIFs.
%%
%% A library that has no function `upgrade' refuses to be loaded for a module whose old code has a library,
%% too. Many authors ignore that, and the module is without its NIFs. So that function is looked for in the
%% libraries of the new version: where an entry (ErlNifEntry, ERL_NIF_INIT) begins, the file has a relocation
%% for the module's name, and another one, 40 bytes on, if there is a function `upgrade'.
check_libraries(Ebin, Modules) ->
    Files = filelib:wildcard(filename:join([filename:dirname(Ebin), "priv", "**", "*.so"])),
    Entries = lists:append([entries(Elf) || {ok, <<16#7f, "ELF", 2, 1, _/binary>> = Elf}
                                                <- lists:map(fun file:read_file/1, Files)]),
    case [Module || Module <- Modules, lists:member({atom_to_binary(Module, utf8), false}, Entries)] of
        [] -> [Module || Module <- Modules, has_nifs(Module)];
        Without -> fail("NIF libraries that do not support an upgrade while the one before is loaded: ~ts",
                        [modules(Without)])
    end.

has_nifs(Module) ->
    erlang:module_loaded(Module) andalso Module:module_info(nifs) =/= [].

has_lost_nifs(Module, Had) ->
    lists:member(Module, Had) andalso not has_nifs(Module).

%% [{Name of a module, whether its library can be upgraded}] of an ELF file of 64 bits, little-endian.
entries(<<_:32/binary, Headers:64/little, _:16/binary, Count:16/little, _/binary>> = Elf) ->
    Segments = [{Type, Where} || <<Type:32/little, _:4/binary, Where:32/binary, _:16/binary>>
                                     <= binary:part(Elf, Headers, Count * 56)],
    case [At || {2, <<At:64/little, _/binary>>} <- Segments] of
        [Dynamic] ->
            <<_:Dynamic/binary, Tags/binary>> = Elf,
            Few = binary:part(Tags, 0, min(40, byte_size(Tags) div 16) * 16),
            Tag = maps:from_list([{Key, Value} || <<Key:64/little, Value:64/little>> <= Few]),
            Loads = [{At, Address, Size}
                     || {1, <<At:64/little, Address:64/little, _:64, Size:64/little>>} <- Segments],
            case Tag of
                #{7 := Table, 8 := Bytes} -> nif_entries(Elf, Loads, offset(Table, Loads), Bytes);
                _ -> []
            end;
        _ ->
            []
    end.

nif_entries(Elf, Loads, Table, Bytes) ->
    Relocations = maps:from_list([{Where, Points} || <<Where:64/little, _:64, Points:64/little>>
                                                         <= binary:part(Elf, Table, Bytes)]),
    [{text_at(Elf, offset(Points, Loads)), is_map_key(Where + 40, Relocations)}
     || {Where, Points} <- maps:to_list(Relocations), is_map_key(Where + 16, Relocations),
        <<2:32/little, _/binary>> <- [binary:part(Elf, max(0, offset(Where - 8, Loads)), 8)]].

offset(Address, Loads) ->
    case [At + Address - From || {At, From, Size} <- Loads, Address >= From, Address < From + Size] of
        [Offset | _] -> Offset;
        [] -> 0
    end.

text_at(Elf, Offset) ->
    <<_:Offset/binary, Text/binary>> = Elf,
    hd(binary:split(Text, <<0>>)).

%% The mapped libraries of an application, which lies around Ebin. (dpkg calls a file that it replaces
%% NAME.dpkg-tmp, and the system appends a word to the name of one that is gone.)
pin_libraries(Ebin, C) ->
    Dirs = real_names(filename:dirname(Ebin)),
    Mapped = mapped(),
    [pin(Library, Mapped, C) || Library <- Mapped, string:find(Library, ".so") =/= nomatch,
                                lists:any(fun(Dir) -> lists:prefix(Dir ++ "/", Library) end, Dirs)],
    ok.

%% An application's directory may be a symbolic link to another name of it; in memory there are real names
%% only.
real_names(Dir) ->
    case file:read_link_all(Dir) of
        {ok, To} -> [Dir, filename:join(filename:dirname(Dir), To)];
        {error, _} -> [Dir]
    end.

%% The files that are mapped into this emulator; none where the system has no such list.
mapped() ->
    case file:read_file("/proc/self/maps") of
        {ok, Maps} ->
            lists:usort(["/" ++ unicode:characters_to_list(Path)
                         || Line <- binary:split(Maps, <<"\n">>, [global]),
                            [_, Path] <- [binary:split(Line, <<" /">>)]]);
        {error, _} ->
            []
    end.

pin(Library, Mapped, C) ->
    Name = "erlrc-pins-" ++ integer_to_list(erlang:phash2(Library)) ++ "-",
    case [File || File <- Mapped, string:find(File, Name) =/= nomatch] of
        [_ | _] -> ok;
        [] -> pin_new(Library, Name ++ os:getpid(), C)
    end.

pin_new(Library, Name, C) ->
    Dir = os:getenv("TMPDIR", "/tmp"),
    File = filename:join(Dir, Name ++ ".so"),
    _ = file:delete(File),
    case file:read_file(Library) of
        {ok, <<16#7f, "ELF", 2, 1, _/binary>> = Elf} ->
            %% Exclusive: no other user can have put a link there.
            case file:open(File, [write, raw, binary, exclusive]) of
                {ok, Device} ->
                    Written = file:write(Device, image(Library, Elf)),
                    _ = file:close(Device),
                    Loaded = bounded(erl_ddll, try_load, [Dir, Name, []], C),
                    _ = file:delete(File),
                    Pinned = [Mapped || Mapped <- mapped(), string:find(Mapped, Name) =/= nomatch],
                    Written =:= ok andalso Pinned =/= []
                        orelse fail("~ts: cannot be pinned in memory, where resources may need it: ~ts",
                                    [Library, short({Written, Loaded})]);
                {error, Reason} ->
                    fail("~ts: ~ts", [File, file:format_error(Reason)])
            end;
        {ok, _} ->
            fail("~ts: not a library of a kind that can be pinned in memory", [Library]);
        {error, Reason} ->
            fail("~ts: cannot be pinned in memory, where resources may need it: ~ts",
                 [Library, file:format_error(Reason)])
    end.

%% The smallest library of the same machine (64 bits, little-endian) that needs Library and is never unmapped:
%% file header, three program headers, the dynamic section with its tables. All offsets are addresses, too.
image(Library, <<Ident:16/binary, _:2/binary, Machine:2/binary, _:28/binary, Flags:4/binary, _/binary>>) ->
    Dynamic = 64 + 3 * 56,
    Symbols = Dynamic + 8 * 16,
    Hash = Symbols + 24,
    Strings = Hash + 16,
    Names = <<0, (unicode:characters_to_binary(Library))/binary, 0>>,
    Size = Strings + byte_size(Names),
    Header = <<Ident/binary, 3:16/little, Machine/binary, 1:32/little, 0:64, 64:64/little, 0:64, Flags/binary,
               64:16/little, 56:16/little, 3:16/little, 64:16/little, 0:16, 0:16>>,
    Segment = fun(Type, At, Length, Align) ->
                      <<Type:32/little, 6:32/little, At:64/little, At:64/little, At:64/little,
                        Length:64/little, Length:64/little, Align:64/little>>
              end,
    Entries = [{1, 1}, {4, Hash}, {5, Strings}, {6, Symbols}, {10, byte_size(Names)}, {11, 24},
               {16#6ffffffb, 8}, {0, 0}],
    [Header,
     Segment(1, 0, Size, 16#10000), Segment(2, Dynamic, 8 * 16, 8), Segment(16#6474e551, 0, 0, 16),
     [<<Tag:64/little, Value:64/little>> || {Tag, Value} <- Entries],
     <<0:192>>, <<1:32/little, 1:32/little, 0:32, 0:32>>, Names].
