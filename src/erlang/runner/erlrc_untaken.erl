%% SPDX-License-Identifier: BSD-3-Clause
%%
%% States that a callback of the old code takes and that of the new code does not, with the same message: it
%% would fail with function_clause, badrecord or badkey (include/erlrc/beam/shapes.hpp, CallbackPath).
%%
%% The files say which these are, as guards of match specifications: compiled code looks for them.
-module(erlrc_untaken).
-export([untaken/3]).
-import(erlrc_journal, [recall/1]).
-import(erlrc_kinds, [bottom/1]).
-import(erlrc_text, [module_name/1]).
-import(erlrc_tree, [is_event_manager/1]).

%% A state of so many words is known by its outline only (erlrc_kept).
-define(words, 131072).

%% [{Pid, Module, Why}], one for each process. Unfit as in erlrc_shape; Runs: #{Pid => [Module]}.
untaken(States, Unfit, Runs) ->
    case [Row || {_, _, _, _, {_, [_ | _]}} = Row <- Unfit] of
        [] ->
            [];
        Rows ->
            Foreign = maps:from_list([{Pid, true} || Pid <- of_libraries()]),
            Plain = [Row || {Pid, _} = Row <- States, not is_map_key(Pid, Foreign)],
            lists:ukeysort(1, lists:append([untaken_of(Row, Plain, Runs) || Row <- Rows]))
    end.

untaken_of({Module, _, _, _, {_, Untaken}}, States, Runs) ->
    Own = lists:append([passed_to(Module, Row, Runs) || Row <- States]),
    {Big, Whole} = lists:partition(fun({Pid, _}) -> is_outlined(Pid) end, Own),
    Maps = [Row || {_, State} = Row <- Big, is_map(State)],
    [{Pid, Module, why_untaken(Module, Row, State)}
     || {_, _, Guard, _} = Row <- Untaken,
        {Pid, State} <- matching(Guard, Whole ++ case is_deep(Guard) of true -> []; false -> Maps end)].

matching(_, []) ->
    [];
matching(Guard, States) ->
    ets:match_spec_run(States, ets:match_spec_compile([{{'$1', '$2'}, [Guard], ['$_']}])).

%% Whether it tests a part of a map.
is_deep({map_get, _, _}) -> true;
is_deep(Guard) when is_tuple(Guard) -> lists:any(fun(Part) -> is_deep(Part) end, tuple_to_list(Guard));
is_deep(_) -> false.

%% What the callbacks of the module get.
passed_to(Module, {Pid, State}, Runs) ->
    {Started, F, _} = proc_lib:translate_initial_call(Pid),
    case lists:member(Module, maps:get(Pid, Runs, [Started])) of
        false -> [];
        true when Started =:= supervisor; F =:= supervisor -> [];
        true -> case is_event_manager(Pid) of
                    true -> [{Pid, Own} || {Handler, _, Own} <- State, Handler =:= Module];
                    false -> [{Pid, State}]
                end
    end.

%% The processes in the loops of behaviours that are not of OTP: these have the state of the module in one of
%% their own.
of_libraries() ->
    Otp = [gen_server, gen_statem, gen_event, gen],
    lists:append([Pids || {{_, Stack}, Pids} <- maps:to_list(recall(kinds)), bottom(Stack) -- Otp =/= []]).

is_outlined(Pid) ->
    case process_info(Pid, total_heap_size) of {_, Words} -> Words >= ?words; undefined -> false end.

why_untaken(Module, {F, A, _, Keys}, State) ->
    case [Key || Map <- [data_in(State)], is_map(Map), Key <- Keys, not is_map_key(Key, Map)] of
        [Key | _] -> io_lib:format("~ts, whose map has no key ~0tp, which the new code needs",
                                   [module_name(Module), Key]);
        [] -> io_lib:format("~ts, whose state is ~ts, which ~tw/~w of the new code does not take",
                            [module_name(Module), state_kind(State), F, A])
    end.

%% A state machine has it next to the name of its state.
data_in({_, Data}) -> Data;
data_in(State) -> State.

state_kind(State) when is_tuple(State), tuple_size(State) > 0, is_atom(element(1, State)) ->
    io_lib:format("a tuple ~tw", [element(1, State)]);
state_kind(State) when is_tuple(State) -> "such a tuple";
state_kind(State) when is_map(State) -> "such a map";
state_kind(State) when is_list(State) -> "a list";
state_kind(State) when is_number(State) -> "a number";
state_kind(State) -> io_lib:format("~0tP", [State, 4]).
