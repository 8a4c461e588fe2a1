%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Anonymous functions of old code, which code:soft_purge/1 does not see. One without variables from outside
%% is a literal of its module, and a process that has it, on the stack or in a state, is not taken for a user
%% of the code (https://github.com/erlang/otp/issues/6416): the next call of it fails with badfun.
%%
%% The number that is printed with it is the beginning of the md5 of its version of the module.
-module(erlrc_lambda).
-export([lambda_holders/1, purge_unused/1]).
-import(erlrc_census, [registers/1]).

%% Larger processes are not searched.
-define(words, 200000).
%% An index and a number, printed.
-define(printed, 24).

%% Removes the old code of these modules that nothing uses; returns those whose old code stays.
purge_unused(Modules) ->
    Old = lists:filter(fun erlang:check_old_code/1, Modules),
    {Used, _} = lists:unzip(lambda_holders(Old)),
    Used ++ [Module || Module <- Old -- Used, not code:soft_purge(Module)].

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
    case erlang:module_loaded(Module) of
        true -> <<Number:27, _/bitstring>> = Module:module_info(md5), integer_to_binary(Number);
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
