%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Anonymous functions of old code, which code:soft_purge/1 does not see. One without variables from outside
%% is a literal of its module, and a process that has it, on the stack or in a state, is not taken for a user
%% of the code (https://github.com/erlang/otp/issues/6416): the next call of it fails with badfun.
%%
%% The number that is printed with it is the beginning of the md5 of its version of the module. Encoded
%% (erl_ext_dist: NEW_FUN_EXT), it has the whole md5, before the name of the module. So those in persistent
%% terms and in tables are found by library functions.
-module(erlrc_lambda).
-export([lambda_holders/1, lambda_stores/1, purge_unused/1]).
-import(erlrc_census, [registers/1]).

%% Larger processes and terms, and larger tables, are not searched.
-define(words, 200000).
-define(table_words, 20000).
%% An index and a number, printed.
-define(printed, 24).

%% Removes the old code of these modules that nothing uses; returns those whose old code stays.
purge_unused(Modules) ->
    Old = lists:filter(fun erlang:check_old_code/1, Modules),
    {Used, _} = lists:unzip(lambda_holders(Old) ++ lambda_stores(Old)),
    lists:usort(Used) ++ [Module || Module <- Old -- Used, not code:soft_purge(Module)].

%% [{Module, [Pid]}]: the processes that have a function of the old code of one of the modules.
lambda_holders([]) ->
    [];
lambda_holders(Modules) ->
    Current = maps:from_list([{prefix(Module), current_number(Module)} || Module <- Modules]),
    Pattern = binary:compile_pattern(maps:keys(Current)),
    Found = [{Prefix, Pid} || Pid <- processes() -- [self()],
                              {_, Words} <- [process_info(Pid, total_heap_size)], Words < ?words,
                              Text <- [registers(Pid)], is_binary(Text),
                              {At, Length} <- binary:matches(Text, Pattern),
                              Prefix <- [binary:part(Text, At, Length)],
                              {number, Number} <- [number_at(Text, At + Length)],
                              Number =/= maps:get(Prefix, Current)],
    [{Module, Pids} || Module <- Modules,
                       Pids <- [lists:usort([Pid || {Prefix, Pid} <- Found, Prefix =:= prefix(Module)])],
                       Pids =/= []].

prefix(Module) ->
    <<"#Fun<", (atom_to_binary(Module))/binary, ".">>.

%% All functions of a module that was deleted are of old code.
current_number(Module) ->
    case current_md5(Module) of
        none -> none;
        <<Number:27, _/bitstring>> -> integer_to_binary(Number)
    end.

current_md5(Module) ->
    case erlang:module_loaded(Module) of
        true -> Module:module_info(md5);
        false -> none
    end.

%% From INDEX.NUMBER>. It is a function of another module, whose name begins like that of this one, if there
%% is no index.
number_at(Text, At) ->
    case string:lexemes(binary:part(Text, At, min(?printed, byte_size(Text) - At)), ".>") of
        [Index, Number | _] ->
            case [Digit || <<Digit>> <= Index, Digit < $0 orelse Digit > $9] of
                [] -> {number, Number};
                _ -> other
            end;
        _ ->
            other
    end.

%% [{Module, Text}] for each persistent term, and each table that other processes may read, that has a
%% function of the old code of one of the modules.
lambda_stores([]) ->
    [];
lambda_stores(Modules) ->
    Asked = [{Module, Name, current_md5(Module)}
             || Module <- Modules, <<131, Name/binary>> <- [term_to_binary(Module)]],
    Terms = [stored(Asked, term_to_binary(Value), ["persistent term ", io_lib:format("~0tp", [Key])])
             || {Key, Value} <- persistent_term:get(), erts_debug:flat_size(Value) < ?words],
    Tables = [stored(Asked, term_to_binary(rows(Table)), ["table ", io_lib:format("~0tp", [Table])])
              || Table <- ets:all(), is_readable(ets:info(Table))],
    lists:append(Terms ++ Tables).

is_readable(undefined) -> false;
is_readable(Info) ->
    proplists:get_value(protection, Info) =/= private
        andalso proplists:get_value(memory, Info) < ?table_words.

%% It may have gone meanwhile.
rows(Table) ->
    try ets:tab2list(Table) catch error:badarg -> [] end.

stored(Asked, Encoded, Where) ->
    [{Module, Where} || {Module, Name, Md5} <- Asked,
                        lists:any(fun(At) -> is_old(Encoded, At, Md5) end, binary:matches(Encoded, Name))].

%% Before the name: the tag, the size, the arity, the md5, the index, the number of variables. Other names are
%% preceded by anything.
is_old(Encoded, {At, _}, Md5) when At > 30 ->
    case binary:part(Encoded, At - 30, 30) of
        <<$p, 0, _:4/binary, Uniq:16/binary, 0:16, _:16, 0:24, _>> -> Uniq =/= Md5;
        _ -> false
    end;
is_old(_, _, _) ->
    false.
