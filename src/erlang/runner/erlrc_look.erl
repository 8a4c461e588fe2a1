%% SPDX-License-Identifier: BSD-3-Clause
%%
%% How processes look from outside: what they were started as, and where they are.
-module(erlrc_look).
-export([families_of_all/1, stack_of/1]).

%% As many calls of a stack as process_info returns at most; it returns 8 unless asked for more.
-define(depth, 64).
%% So many are put in order together, and so many are looked at without a pause: process_info counts as one
%% reduction and takes microseconds.
-define(part, 1000).
-define(at_once, 200).
%% More parts are looked at side by side.
-define(few_parts, 5).
%% To search for so many looks takes less time than to put all into a map.
-define(few_looks, 4).

%% [#{Look => [Pid]}], where Look is {{InitialCall, Function}, Stack}: all that are not gone.
families_of_all([]) ->
    [];
families_of_all(Pids) ->
    Parts = pieces(Pids, ?part),
    with_depth(fun() -> case length(Parts) > ?few_parts of
                            true -> side_by_side(Parts);
                            false -> [families_of(Part) || Part <- Parts]
                        end
               end).

%% By a process for each scheduler, if the function is compiled: what is interpreted cannot be given to other
%% processes. It is found by its name, as by the handler of the program (make_program.escript).
side_by_side(Parts) ->
    case get({families_of, 1}) of
        Compiled when is_function(Compiled) ->
            Shares = pieces(Parts, length(Parts) div erlang:system_info(schedulers_online) + 1),
            Requests = [erpc:send_request(node(), lists, map, [Compiled, Own]) || Own <- Shares],
            lists:append(lists:map(fun erpc:receive_response/1, Requests));
        _ ->
            [families_of(Part) || Part <- Parts]
    end.

pieces(List, Size) ->
    pieces(List, length(List), Size).

pieces(List, Length, Size) when Length > Size ->
    {Piece, Others} = lists:split(Size, List),
    [Piece | pieces(Others, Length - Size, Size)];
pieces(List, _, _) ->
    [List].

%% There may be many, so library functions look at each.
families_of(Pids) ->
    Infos = lists:append([process_infos(Some) || Some <- pieces(Pids, ?at_once)]),
    {Alive, Answers} = case lists:member(undefined, Infos) of
                           false -> {Pids, Infos};
                           true -> lists:unzip([Row || {_, [_ | _]} = Row <- lists:zip(Pids, Infos)])
                       end,
    {_, Stacks} = lists:unzip(lists:map(fun erlang:hd/1, Answers)),
    Seconds = lists:duplicate(length(Answers), 2),
    {_, Functions} = lists:unzip(lists:zipwith(fun lists:nth/2, Seconds, Answers)),
    Calls = lists:map(fun proc_lib:translate_initial_call/1, Answers),
    families(lists:zip(lists:zip(Calls, Functions), Stacks), Alive).

%% Most of many processes are alike; most of a few look as no other.
families(Looks, Pids) ->
    Different = lists:usort(Looks),
    case length(Different) =< ?few_looks of
        true ->
            maps:from_list([{Look, with_look(Look, Looks, Pids)} || Look <- Different]);
        false ->
            Alone = lists:zipwith(fun lists:duplicate/2, lists:duplicate(length(Pids), 1), Pids),
            Single = maps:from_list(lists:zip(Looks, Alone)),
            maps:merge(Single, maps:from_list([{Look, with_look(Look, Looks, Pids)}
                                               || Look <- lists:usort(Looks -- Different)]))
    end.

%% The processes that look so, by a library function.
with_look(Look, Looks, Pids) ->
    Same = ets:match_spec_compile([{{'$1', '$2'}, [{'=:=', '$1', {const, Look}}], ['$2']}]),
    ets:match_spec_run(lists:zip(Looks, Pids), Same).

%% One call for each, because the process may have to answer itself.
process_infos(Pids) ->
    erlang:yield(),
    Items = lists:duplicate(length(Pids), [current_stacktrace, current_function, dictionary]),
    lists:zipwith(fun erlang:process_info/2, Pids, Items).

%% [Stack], or [] if it is gone.
stack_of(Pid) ->
    [Stack || {_, Stack} <- [with_depth(fun() -> process_info(Pid, current_stacktrace) end)]].

%% The flag is the node's.
with_depth(Look) ->
    Depth = erlang:system_flag(backtrace_depth, ?depth),
    try
        Look()
    after
        erlang:system_flag(backtrace_depth, Depth)
    end.
