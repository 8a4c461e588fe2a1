%% SPDX-License-Identifier: BSD-3-Clause
%%
%% NIF libraries stay in memory.
%%
%% When the old code of a module is purged, the emulator unmaps its library as soon as the new one has taken
%% over its resources. But resources may hold pointers into the library that made them: those of fast_xml hold
%% its callbacks for the XML parser, and the node dies by a segmentation fault at the next byte of an open
%% stream. So whatever a change may unmap is first made part of a library that is never unmapped: a file of
%% 400 bytes that has nothing in it but the request to stay (DF_1_NODELETE) and the dynamic linker's own name
%% of the library that it needs (erlrc_mapped). That the emulator then finds no driver in it is expected.
-module(erlrc_pins).
-export([pin_libraries/2, pin_used/3]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_elf, [header/1, nif_entries/1]).
-import(erlrc_mapped, [close_mapped/1, is_pin/2, loaded_names/0, mapped/0, new_pin/2]).
-import(erlrc_text, [fail/2, modules/1, short/1]).

%% The libraries of these modules, wherever they are. One that does not show whose it is may be theirs.
pin_libraries([], _) ->
    ok;
pin_libraries(Modules, C) ->
    %% What is known here of libraries, and of memory, is that of these machines.
    {erlang:system_info(wordsize), <<1:16/native>>} =:= {8, <<1:16/little>>}
        orelse fail("NIF libraries cannot be pinned in memory on this kind of machine: ~ts",
                    [modules(Modules)]),
    Names = [atom_to_binary(Module, utf8) || Module <- Modules],
    Mapped = mapped(),
    Concerned = [{Library, Base, header(Image)}
                 || {Library, Base, Image, 0} <- Mapped, is_of(nif_entries(Image), Names)],
    close_mapped(Mapped),
    lists:foreach(fun({Library, Base, Header}) -> pin(Library, Base, Header, C) end, Concerned).

%% A library that is used again gets another pin, which shows that it was not replaced since. Libraries: those
%% of Mapped with that code.
pin_used(Libraries, Mapped, C) ->
    Again = [{Library, Base, header(Image)} || {Library, Base, Image, _} <- lists:sublist(Libraries, 1),
                                               not lists:keymember(0, 4, Libraries)],
    close_mapped(Mapped),
    lists:foreach(fun({Library, Base, Header}) -> pin(Library, Base, Header, C) end, Again).

is_of([], _) -> true;
is_of(Entries, Names) -> lists:any(fun({Module, _}) -> lists:member(Module, Names) end, Entries).

pin(Library, Base, Header, C) ->
    Before = loaded_names(),
    Pin = new_pin(Base, Before),
    Dir = os:getenv("TMPDIR", "/tmp"),
    File = filename:join(Dir, Pin ++ ".so"),
    _ = file:delete(File),
    %% Exclusive: no other user can have put a link there.
    case file:open(File, [write, raw, binary, exclusive]) of
        {ok, Device} ->
            Written = file:write(Device, pin_image(Library, Header)),
            _ = file:close(Device),
            Loaded = bounded(erl_ddll, try_load, [Dir, Pin, []], C),
            _ = file:delete(File),
            New = loaded_names() -- Before,
            %% Were the library new, too, it would be another one with the same name.
            Written =:= ok andalso is_pin(Pin, New) andalso not lists:member(Library, New)
                orelse fail("~ts: cannot be pinned in memory, where resources may need it: ~ts",
                            [Library, short({Written, Loaded})]);
        {error, Reason} ->
            fail("~ts: ~ts", [File, file:format_error(Reason)])
    end.

%% The smallest library of the same machine (64 bits, little-endian) that needs Library and is never unmapped:
%% file header, three program headers, the dynamic section with its tables. All offsets are addresses, too.
pin_image(Library, <<Ident:16/binary, _:2/binary, Machine:2/binary, _:28/binary, Flags:4/binary,
                     _/binary>>) ->
    Dynamic = 64 + 3 * 56,
    Symbols = Dynamic + 8 * 16,
    Hash = Symbols + 24,
    Strings = Hash + 16,
    Names = <<0, Library/binary, 0>>,
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
