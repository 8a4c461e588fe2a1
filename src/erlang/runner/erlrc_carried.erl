%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Servers whose behaviour is not one of OTP's, as RabbitMQ's supervisor2 or Elixir's GenStage: they have
%% their callback module in their state.
-module(erlrc_carried).
-export([carried/2, parts_of/1]).
-import(erlrc_census, [living/1]).
-import(erlrc_journal, [recall/1, record/2]).
-import(erlrc_kinds, [looks/1]).
-import(erlrc_printed, [named/2, printed_names/1, registers/1]).
-import(erlrc_sys, [ask/3]).

%% A longer state is not copied.
-define(words, 200000).

%% Finds processes that are servers of another behaviour, which has the module in its state.
carried(Modules, C) ->
    note_libraries(Modules),
    Libraries = maps:with(Modules, recall(libraries)),
    [{Module, Pids}
     || {Module, [_ | _] = Behaviours} <- maps:to_list(Libraries),
        Servers <- [[Pid || {_, {{{M, init, 1}, _}, _} = Look} <- looks(Behaviours),
                            lists:member(M, Behaviours), Pid <- living(Look)]],
        [_ | _] = Pids <- [carrying(Module, Behaviours, Servers, C)]].

%% Nearly all modules have behaviours of OTP only.
note_libraries(Modules) ->
    Known = recall(libraries),
    case maps:without(maps:keys(Known), maps:from_list([{Module, []} || Module <- Modules])) of
        New when map_size(New) =:= 0 -> ok;
        New -> record(libraries, maps:merge(Known, maps:map(fun(Module, _) -> libraries(Module) end, New)))
    end.

%% With those that they are made of: a ConsumerSupervisor of Elixir is a GenStage.
libraries(Module) ->
    Own = behaviours(Module),
    lists:usort(Own ++ lists:append([behaviours(Behaviour) || Behaviour <- Own])).

behaviours(Module) ->
    Attributes = case erlang:module_loaded(Module) of
                     true -> erlang:get_module_info(Module, attributes);
                     false -> []
                 end,
    lists:append([Values || {Name, Values} <- Attributes, Name =:= behaviour orelse Name =:= behavior])
        -- [gen_server, gen_statem, gen_event, gen_fsm, supervisor, application].

%% What such a process calls back does not change. A long state is not copied for this.
carrying(_, _, [], _) ->
    [];
carrying(Module, Behaviours, Pids, C) ->
    Known = recall(carried),
    New = [Pid || Pid <- Pids, not is_map_key({Module, Pid}, Known)],
    Names = printed_names([Module]),
    Named = [Pid || Pid <- New, {_, Words} <- [process_info(Pid, total_heap_size)], Words < ?words,
                    Text <- [registers(Pid)], Text =:= hibernates orelse is_binary(Text),
                    Text =:= hibernates orelse named(Text, Names) =/= []],
    Replies = case Named of
                  [] -> [];
                  _ -> ask([{Pid, get_state} || Pid <- Named], standard, C)
              end,
    Answers = maps:from_list([{{Module, Pid}, has_part(Module, Behaviours, State)}
                              || {Pid, {reply, {ok, State}}} <- Replies]),
    %% No process is asked twice: one that does not answer takes its time.
    Others = maps:from_list([{{Module, Pid}, false} || Pid <- New]),
    record(carried, maps:merge(maps:merge(Known, Others), Answers)),
    [Pid || Pid <- Pids, maps:get({Module, Pid}, recall(carried), false)].

%% The module is a part of the state, or of a part that is one of those behaviours'.
has_part(Module, Behaviours, State) ->
    Parts = parts_of(State),
    lists:member(Module, Parts)
        orelse [] =/= [Own || Own <- lists:map(fun(Part) -> parts_of(Part) end, Parts),
                              lists:member(Module, Own), Own -- Behaviours =/= Own].

parts_of(Term) when is_tuple(Term) -> tuple_to_list(Term);
parts_of(Term) when is_map(Term) -> maps:values(Term);
parts_of(_) -> [].
