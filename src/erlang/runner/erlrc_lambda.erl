%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Anonymous functions of old code, which code:soft_purge/1 does not see. One without variables from outside
%% is a literal of its module, and a process that has it, on the stack or in a state, is not taken for a user
%% of the code (https://github.com/erlang/otp/issues/6416): the next call of it fails with badfun. Nor is a
%% table that has one (erlrc_table_lambda).
%%
%% The number that is printed with it is the beginning of the md5 of its version of the module.
-module(erlrc_lambda).
-export([lambda_holders/1, purge_unused/1, purge_unused/2]).
-import(erlrc_printed, [registers/1]).
-import(erlrc_table_lambda, [lambda_tables/3]).

%% Larger processes are not searched.
-define(words, 200000).
-define(mark, "#Fun<").
%% A name, an index and a number, printed: a name has 255 characters at most.
-define(printed, 1100).

%% Removes the old code of these modules that nothing uses; returns those whose old code stays.
purge_unused(Modules) ->
    Old = lists:filter(fun erlang:check_old_code/1, Modules),
    {Kept, _} = lists:unzip(lambda_tables(Old, #{}, #{})),
    purge_unused(Old, Kept).

%% The same, where it is known of which ones there are functions in tables.
purge_unused(Old, Kept) ->
    {Used, _} = lists:unzip(lambda_holders(Old -- Kept)),
    Kept ++ Used ++ [Module || Module <- Old -- (Kept ++ Used), not code:soft_purge(Module)].

%% [{Module, [Pid]}]: the processes that have a function of the old code of one of the modules.
lambda_holders([]) ->
    [];
lambda_holders(Modules) ->
    Current = maps:from_list([{atom_to_binary(Module), current_number(Module)} || Module <- Modules]),
    %% More patterns take memory and time (erlrc_printed).
    Patterns = case map_size(Current) =< 4 of
                   true -> [iolist_to_binary([?mark, Name, "."]) || Name <- maps:keys(Current)];
                   false -> <<?mark>>
               end,
    Found = [{Name, Pid} || Pid <- processes() -- [self()],
                            {_, Words} <- [process_info(Pid, total_heap_size)], Words < ?words,
                            Text <- [registers(Pid)], is_binary(Text),
                            {At, _} <- binary:matches(Text, Patterns),
                            {Name, Number} <- printed_function(Text, At + length(?mark)),
                            is_map_key(Name, Current), Number =/= maps:get(Name, Current)],
    [{Module, Pids} || Module <- Modules, Name <- [atom_to_binary(Module)],
                       [_ | _] = Pids <- [lists:usort([Pid || {Same, Pid} <- Found, Same =:= Name])]].

%% All functions of a module that was deleted are of old code.
current_number(Module) ->
    case erlang:module_loaded(Module) of
        true -> <<Number:27, _/bitstring>> = Module:module_info(md5), integer_to_binary(Number);
        false -> none
    end.

%% [{Name, Number}], from NAME.INDEX.NUMBER>. There may be points in a name, and a text may be cut.
printed_function(Text, At) ->
    case binary:split(binary:part(Text, At, min(?printed, byte_size(Text) - At)), <<">">>) of
        [Printed, _] ->
            case lists:reverse(binary:split(Printed, <<".">>, [global])) of
                [Number, _, Last | Name] ->
                    [{iolist_to_binary(lists:join(".", lists:reverse([Last | Name]))), Number}];
                _ ->
                    []
            end;
        _ ->
            []
    end.
