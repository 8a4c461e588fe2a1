%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The NIF libraries in the memory of this emulator.
%%
%% They come from the dynamic linker's own list, which has the name by which each was loaded. For the linker
%% that name means the library that it has, whatever file has the name by now. So a library whose file is
%% gone can still be pinned, and another library cannot be loaded by that name.
-module(erlrc_mapped).
-export([close_mapped/1, is_pin/2, libraries/0, libraries_of/2, loaded_names/0, mapped/0, new_pin/2,
         used/2]).
-import(erlrc_elf, [file_image/1, has_nif_init/1, image/2, memory/3, nif_entries/1]).

%% [{Name, Base, Image, Pin}] of NIF libraries, to be given back to close_mapped/1. Base is where it is in
%% memory, Pin the number of its last pin, or 0.
mapped() ->
    All = libraries(),
    case [Library || {_, _, Image, _} = Library <- All, has_nif_init(Image)] of
        [] -> close_mapped(All), [];
        Found -> Found
    end.

%% The same of all that were loaded after the emulator.
libraries() ->
    Memory = open_memory(),
    Loaded = loaded(Memory),
    Names = [Name || {Name, _} <- Loaded],
    Loaded =:= [] andalso close(Memory),
    Pins = pins(Names),
    [{Name, Base, loaded_image(Name, Base, Memory), lists:max([0 | [Pin || {At, Pin} <- Pins, At =:= Base]])}
     || {Name, Base} <- Loaded].

%% The libraries of Mapped from which Module may have its functions. What is about to be replaced is pinned,
%% and what is used again is pinned once more. So that is one without a pin, or else the one with the last
%% pin.
used(Module, Mapped) ->
    Own = libraries_of(Module, Mapped),
    Pins = [Pin || {_, _, _, Pin} <- Own],
    Last = case lists:member(0, Pins) of true -> 0; false -> lists:max([0 | Pins]) end,
    [Library || {_, _, _, Pin} = Library <- Own, Pin =:= Last].

close_mapped(Mapped) ->
    lists:foreach(fun file:close/1, lists:usort([Memory || {_, _, {_, {memory, Memory, _}}, _} <- Mapped])).

loaded_names() ->
    Memory = open_memory(),
    Names = [Name || {Name, _} <- loaded(Memory)],
    close(Memory),
    Names.

libraries_of(Module, Mapped) ->
    [Library || {_, _, Image, _} = Library <- Mapped,
                lists:keymember(atom_to_binary(Module, utf8), 1, nif_entries(Image))].

%% A library that is pinned stays where it is, so that its address stands for it.
new_pin(Base, Names) ->
    Next = lists:max([0 | [Pin || {_, Pin} <- pins(Names)]]) + 1,
    lists:concat(["erlrc-pins-", integer_to_list(Base, 16), "-", os:getpid(), "-", Next]).

%% [{Base, Number}]
pins(Names) ->
    [{binary_to_integer(Base, 16), binary_to_integer(Number)}
     || Name <- Names,
        [<<"erlrc">>, <<"pins">>, Base, _, Number]
            <- [binary:split(filename:basename(Name, <<".so">>), <<"-">>, [global])]].

is_pin(Pin, Names) ->
    File = list_to_binary(Pin ++ ".so"),
    lists:any(fun(Name) -> filename:basename(Name) =:= File end, Names).

%% An emulator with capabilities of its own must not read its memory.
open_memory() ->
    case file:open("/proc/self/mem", [read, raw, binary]) of
        {ok, Memory} -> Memory;
        {error, _} -> none
    end.

close(none) -> ok;
close(Memory) -> file:close(Memory).

loaded_image(Name, _, none) -> file_image(Name);
loaded_image(_, Base, Memory) -> image(memory(Memory, Base, 4096), {memory, Memory, Base}).

%% [{Name, Base}] of what was loaded after the emulator.
loaded(none) -> mapped_files();
loaded(Memory) -> linked(Memory).

%% struct link_map and struct r_debug of <link.h>. The emulator's dynamic section has the address of the
%% latter (DT_DEBUG), and the kernel that of its program headers (AT_PHDR). Each reading waits for another
%% thread, so that what was loaded before the dynamic linker itself (AT_BASE), with the emulator, is skipped.
linked(Memory) ->
    {ok, Bytes} = file:read_file("/proc/self/auxv"),
    #{3 := At, 5 := Count} = Kernel =
        maps:from_list([{Key, Value} || <<Key:64/little, Value:64/little>> <= Bytes]),
    Headers = [{Type, Address, Size}
               || <<Type:32/little, _:96, Address:64/little, _:64, Size:64/little, _:128>>
                      <= memory(Memory, At, Count * 56)],
    Base = lists:sum([At - Own || {6, Own, _} <- Headers]),
    Links = lists:append([links(First, Memory)
                          || {2, Dynamic, Size} <- Headers,
                             <<21:64/little, Debug:64/little>> <= memory(Memory, Base + Dynamic, Size),
                             <<First:64/little>> <= memory(Memory, Debug + 8, 8)]),
    Linker = maps:get(7, Kernel, none),
    Later = case lists:splitwith(fun({Start, _}) -> Start =/= Linker end, Links) of
                {_, [_ | After]} -> After;
                {All, []} -> All
            end,
    [{string_at(Name, Memory), Start} || {Start, Name} <- Later].

links(0, _) ->
    [];
links(At, Memory) ->
    <<Base:64/little, Name:64/little, _:64, Next:64/little>> = memory(Memory, At, 32),
    [{Base, Name} | links(Next, Memory)].

%% The page after it may not be readable.
string_at(At, Memory) ->
    Page = memory(Memory, At, 4096 - At band 4095),
    case binary:split(Page, <<0>>) of
        [Text, _] -> Text;
        [Begin] when Begin =/= <<>> -> <<Begin/binary, (string_at(At + byte_size(Begin), Memory))/binary>>;
        _ -> <<>>
    end.

%% The system appends a word to the name of a file that is gone.
mapped_files() ->
    case file:read_file("/proc/self/maps") of
        {ok, Maps} ->
            Lines = [binary:split(Line, [<<"-">>, <<" /">>], [global])
                     || Line <- binary:split(Maps, <<"\n">>, [global]),
                        binary:match(Line, <<" /">>) =/= nomatch],
            Files = [{<<"/", (hd(binary:split(lists:last(Rest), <<" (deleted)">>)))/binary>>,
                      binary_to_integer(From, 16)} || [From | Rest] <- Lines],
            lists:ukeysort(1, Files);
        {error, _} ->
            []
    end.
