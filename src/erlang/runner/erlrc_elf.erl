%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Shared libraries (ELF, 64 bits, little-endian), as files and as they are in memory.
%%
%% An image is {Headers, Source}: the program headers [{Type, Flags, Offset, Address, Size}] and where its
%% bytes are, {file, Bytes} or {memory, Device, Base}; or none, if it is something else.
-module(erlrc_elf).
-export([digests/1, file_image/1, has_nif_init/1, header/1, image/2, is_same_code/2, memory/3,
         nif_entries/1]).

file_image(File) ->
    case file:read_file(File) of
        {ok, Elf} -> image(Elf, {file, Elf});
        {error, _} -> none
    end.

image(<<16#7f, "ELF", 2, 1, _:26/binary, At:64/little, _:16/binary, Count:16/little, _/binary>> = Elf, Source)
  when byte_size(Elf) >= At + Count * 56 ->
    {[{Type, Flags, Offset, Address, Size}
      || <<Type:32/little, Flags:32/little, Offset:64/little, Address:64/little, _:64, Size:64/little, _:128>>
             <= binary:part(Elf, At, Count * 56)], Source};
image(_, _) ->
    none.

header(Image) ->
    bytes(0, 64, Image).

%% Whether it has what the emulator looks for in a NIF library.
has_nif_init(Image) ->
    case tags(Image) of
        #{5 := Strings, 10 := Size} ->
            binary:match(bytes(Strings, Size, Image), <<0, "nif_init", 0>>) =/= nomatch;
        _ ->
            false
    end.

%% Whether two images are of the same build: all that is never written to is the same. (The linker puts a
%% digest of everything there.)
is_same_code({_, _} = One, {_, _} = Other) ->
    fixed(One) =:= fixed(Other)
        andalso lists:all(fun({At, Size}) -> bytes(At, Size, One) =:= bytes(At, Size, Other) end, fixed(One));
is_same_code(_, _) ->
    false.

fixed({Headers, _}) ->
    [{At, Size} || {1, Flags, _, At, Size} <- Headers, Flags band 2 =:= 0].

%% [{Address, Size, Md5}] of all that is never written to in memory; none if that cannot be read.
digests({_, {memory, _, _}} = Image) ->
    [{At, Size, erlang:md5(bytes(At, Size, Image))} || {At, Size} <- fixed(Image)];
digests(_) ->
    none.

%% [{Name of a module, whether the library can take over from another one}]. An entry (ErlNifEntry,
%% ERL_NIF_INIT) has relocations for the module's name, after the version of the interface; 40 bytes on, if
%% there is a function `upgrade'; and 56 bytes on for the kind of emulator, `beam.vanilla'. A library whose
%% entry is made while it runs has none.
nif_entries(Image) ->
    case tags(Image) of
        #{7 := Table, 8 := Size} ->
            Relocations = maps:from_list([{Where, Points} || <<Where:64/little, _:64, Points:64/little>>
                                                                 <= bytes(Table, Size, Image)]),
            [{text_at(Points, Image), is_map_key(Where + 40, Relocations)}
             || {Where, Points} <- maps:to_list(Relocations), is_map_key(Where + 56, Relocations),
                <<2:32/little>> <- [bytes(Where - 8, 4, Image)],
                <<"beam.", _/binary>> <- [text_at(maps:get(Where + 56, Relocations), Image)]];
        _ ->
            []
    end.

%% The entries of the dynamic section. In memory, the dynamic linker has added the base to distances from it.
tags({Headers, Source} = Image) ->
    Base = case Source of {memory, _, Where} -> Where; {file, _} -> 0 end,
    maps:from_list([{Tag, if Value >= Base -> Value - Base; true -> Value end}
                    || {2, _, _, At, Size} <- Headers,
                       <<Tag:64/little, Value:64/little>> <= bytes(At, min(Size, 640), Image)]);
tags(none) ->
    #{}.

text_at(At, {Headers, _} = Image) ->
    Ends = [From + Size || {1, _, _, From, Size} <- Headers, At >= From, At < From + Size],
    hd(binary:split(bytes(At, min(256, lists:max([At | Ends]) - At), Image), <<0>>)).

%% <<>> if it has none there.
bytes(At, Size, {Headers, Source}) ->
    case [{Offset + At - From, At} || {1, _, Offset, From, Length} <- Headers, At >= From,
                                      At + Size =< From + Length] of
        [{Offset, _} | _] when element(1, Source) =:= file -> part(element(2, Source), Offset, Size);
        [_ | _] -> memory(element(2, Source), element(3, Source) + At, Size);
        [] -> <<>>
    end.

part(Bytes, Offset, Size) when byte_size(Bytes) >= Offset + Size -> binary:part(Bytes, Offset, Size);
part(_, _, _) -> <<>>.

%% <<>> also where nothing is mapped.
memory(Device, At, Size) ->
    case file:pread(Device, At, Size) of
        {ok, Bytes} -> Bytes;
        _ -> <<>>
    end.
