%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What the processes of the node are, under whatever supervisor and however they were declared.
%%
%% No process is asked anything: all are looked at by process_info, once; later only those that are new. Most
%% are of a few kinds. A kind is the initial call, as proc_lib translates it, and the function in which the
%% process waits. (Of a process that proc_lib has not started it is that of proc_lib.) A process runs a module
%% that
%% - it was started with (its callback module or its initial call),
%% - it waits in, as a special process does (sys(3erl)); not a client of that in one of its functions, which
%%   takes no system messages there,
%% - its behaviour calls back, as after gen_server:enter_loop/3, or that is a handler of its gen_event. That
%%   is in the registers of its stack only, which process_info prints,
%% - a behaviour that is not OTP's calls back: RabbitMQ's supervisor2, Elixir's GenStage. These are servers
%%   that have the module in their state. One whose registers name a module of that behaviour is asked.
-module(erlrc_census).
-export([belongs/2, census/0, exporting/3, in_doubt/1, kind_modules/1, living/1, mentioning/2, of_modules/2,
         starters/1]).
-import(erlrc_call, [briefly/4]).
-import(erlrc_carried, [carried/2]).
-import(erlrc_journal, [recall/1, record/2]).
-import(erlrc_kinds, [awaits/1, bottom/1, is_copy/1, is_lambda/1, is_special/1, looks/1, note_roles/1,
                      undecided/0, unsettled/0, waits/1, waits_at_bottom/1]).
-import(erlrc_look, [families_of_all/1, stack_of/1]).
-import(erlrc_printed, [from_loop/1, name/1, named/2, patterns/1, printed_names/1, registers/1]).
-import(erlrc_sys, [ask/3]).

%% Processes of one kind are alike, so most of them are looked at closely only if these differ.
-define(sample, 10).
%% A node has few supervisors of a library's own kind; it may have many other special processes.
-define(few, 100).
%% So many may each be looked at closely where they need not be alike.
-define(many, 1000).
%% The state of a supervisor with many thousand children is long; what it starts is known by them.
-define(words, 200000).

%% Looks at the processes that were not looked at yet, or that may be something else now. The field `kinds'
%% of the record is #{{Kind, Stack} => [Pid]}, where Kind is {InitialCall, Function}. Returns the processes
%% that have not begun yet to be what they will be, which will be looked at next time.
census() ->
    All = processes(),
    Kinds = recall(kinds),
    Again = maps:from_list([{Look, []} || Look <- unsettled()]),
    record(kinds, maps:merge(Kinds, Again)),
    Unborn = look_at(lists:append(maps:values(maps:with(maps:keys(Again), Kinds))) ++ new(All, recall(seen))),
    record(seen, All -- Unborn),
    Unborn.

%% To compare the lists takes less time than to subtract one from the other.
new(Seen, Seen) -> [];
new(All, Seen) -> All -- [self() | Seen].

%% Processes of which that is still not clear, if they may be of one of the modules.
in_doubt(Modules) ->
    [Pid || {Module, Look} <- undecided(), lists:member(Module, Modules), Pid <- living(Look)].

look_at(Pids) ->
    lists:append([put_in_order(Families) || Families <- families_of_all(Pids)]).

put_in_order(Families) ->
    %% A process that was not started by proc_lib may wait in one of its functions, too.
    Unborn = [Look || {{{proc_lib, _, _}, {proc_lib, _, _}}, Stack} = Look <- maps:keys(Families),
                      bottom(Stack) =:= []],
    Begun = maps:without(Unborn, Families),
    Kinds = recall(kinds),
    Known = maps:with(maps:keys(Begun), Kinds),
    note_roles(maps:keys(maps:without(maps:keys(Known), Begun))),
    More = [{Look, maps:get(Look, Begun) ++ Before} || {Look, Before} <- maps:to_list(Known)],
    record(kinds, maps:merge(maps:merge(Kinds, Begun), maps:from_list(More))),
    record(supervisors, lists:usort(supervisors(maps:to_list(Begun)) ++ recall(supervisors))),
    lists:append(maps:values(maps:with(Unborn, Families))).

%% [{Pid, Module}] of those that are supervisors. The module of a DynamicSupervisor, or of a copy of
%% supervisor.erl, is not known.
supervisors(Families) ->
    Copies = lists:filter(fun(M) -> is_copy(M) end,
                          lists:usort([M || {{{{M, init, 1}, _}, _}, _} <- Families])),
    [{Pid, Module} || {{{Call, _}, _}, Pids} <- Families,
                      Module <- case Call of
                                    {supervisor, Callback, _} -> [Callback];
                                    {'Elixir.DynamicSupervisor', _, _} -> [none];
                                    {M, init, 1} -> [none || lists:member(M, Copies)];
                                    _ -> []
                                end,
                      Pid <- Pids].

%% The processes that may start others when they are asked to: supervisors, those of libraries, too. Not those
%% that run one of the modules themselves.
starters(Modules) ->
    {Supervisors, _} = lists:unzip(recall(supervisors)),
    Special = [Pids || {_, {{{Module, _, _}, {Loop, _, _}}, Stack} = Look} <- looks([{special}]),
                       not lists:member(Module, Modules), not lists:member(Loop, Modules),
                       waits_at_bottom(Stack),
                       Pids <- [maps:get(Look, recall(kinds))], length(Pids) =< ?few],
    lists:usort(lists:append([Supervisors | Special])).

%% Returns those of Pids whose registers name one of the modules.
mentioning(Pids, Modules) ->
    Names = printed_names(Modules),
    [Pid || Modules =/= [], Pid <- Pids, {_, Words} <- [process_info(Pid, total_heap_size)], Words < ?words,
            Text <- [registers(Pid)], is_binary(Text), named(Text, Names) =/= []].

%% [{Module, [Pid]}]: the processes that run each module and understand system messages (sys(3erl)).
of_modules(Modules, C) ->
    Found = [{Module, [Pid]} || Handlers <- [exporting(Modules, handle_event, 2)], Handlers =/= [],
                                {_, Look} <- looks([gen_event]), Pid <- living(Look),
                                Module <- handlers(Pid, Handlers, C)]
        ++ [{Module, of_look(Module, Look)} || {Module, Look} <- looks(Modules)]
        ++ entered(Modules, [Pids || {_, Look} <- looks([{entered}]), [_ | _] = Pids <- [living(Look)]], C)
        ++ turned(exporting(Modules, callback_mode, 0))
        ++ carried(Modules, C),
    {Which, _} = lists:unzip(Found),
    [{Module, lists:usort(lists:append([Pids || {Same, Pids} <- Found, Same =:= Module]))}
     || Module <- lists:usort(Which)].

exporting(Modules, F, A) ->
    Each = fun(Same) -> lists:duplicate(length(Modules), Same) end,
    Exported = lists:zipwith3(fun erlang:function_exported/3, Modules, Each(F), Each(A)),
    [Module || lists:member(true, Exported), {Module, true} <- lists:zip(Modules, Exported)].

living(Look) ->
    lists:filter(fun erlang:is_process_alive/1, maps:get(Look, recall(kinds))).

%% All of those that look so run the module, as a rule, and that stays so.
of_look(Module, Look) ->
    Alive = living(Look),
    case recall(certain) of
        #{{Module, Look} := Known} when Known =:= Alive ->
            Alive;
        _ ->
            Found = of_kind(Module, Look, Alive),
            record(certain, case Found of
                                Alive -> (recall(certain))#{{Module, Look} => Alive};
                                _ -> maps:remove({Module, Look}, recall(certain))
                            end),
            Found
    end.

entered(Modules, Kinds, C) ->
    exporting(Modules, handle_call, 3) ++ exporting(Modules, callback_mode, 0) =:= []
        orelse note_slept([Pid || Pids <- Kinds, Pid <- lists:sublist(Pids, ?sample)], C),
    Named = holding(Modules, Kinds),
    note_slept(lists:append([lists:sublist(Pids, ?many) || {Pids, _} <- Named]), C),
    [{Module, case length(Pids) of
                  Few when Few =< ?many -> every(Module, Pids);
                  _ -> alike(Module, Pids)
              end} || {Pids, Mentioned} <- Named, Module <- Mentioned].

%% A process that hibernates has no registers, until it answers: then those that belong to its loop are on its
%% stack, which it shows itself. Nothing changes its state.
note_slept(Pids, C) ->
    Known = recall(slept),
    case [Pid || Pid <- Pids, not is_map_key(Pid, Known), registers(Pid) =:= hibernates] of
        [] -> ok;
        Asleep -> record(slept, maps:merge(Known, registers_of(Asleep, C)))
    end.

%% #{Pid => Text}
registers_of(Pids, C) ->
    {ok, Tokens, _} = erl_scan:string("fun(_) -> throw(process_info(self(), backtrace)) end."),
    {ok, Show} = erl_parse:parse_exprs(Tokens),
    {value, Fun, _} = erl_eval:exprs(Show, erl_eval:new_bindings()),
    Replies = ask([{Pid, {replace_state, Fun}} || Pid <- Pids], standard, C),
    maps:from_list([{Pid, Text}
                    || {Pid, {reply, {error, {callback_failed, _, {throw, {_, Text}}}}}} <- Replies]).

%% Finds processes with another callback module than they were started with, each for itself.
turned([]) ->
    [];
turned(Modules) ->
    [{Module, every(Module, Pids)}
     || {_, {{{Start, _, _}, _}, _} = Look} <- looks([{statem}]), Others <- [Modules -- [Start]],
        {Pids, Mentioned} <- holding(Others, [living(Look)]),
        Module <- case length(Pids) > ?many of true -> Others; false -> Mentioned end].

%% [{[Pid], [Module]}]: the kinds, some of whose processes may have to do with these modules. Nearly always
%% none.
holding([], _) ->
    [];
holding(_, []) ->
    [];
holding(Modules, Kinds) ->
    Names = printed_names(Modules),
    [{Pids, Mentioned} || Pids <- Kinds,
                          Lists <- [[named_by(Pid, Names) || Pid <- lists:sublist(Pids, ?many)]],
                          [_ | _] = Mentioned <- [lists:usort(lists:append(Lists))]].

named_by(Pid, Names) ->
    case {registers(Pid), recall(slept)} of
        {hibernates, #{Pid := Slept}} -> named(from_loop(Slept), Names);
        {Unknown, _} when is_atom(Unknown) -> [];
        {Text, _} -> named(from_loop(Text), Names)
    end.

of_kind(Module, {{{supervisor, Module, _}, _}, _}, Pids) ->
    Pids;
of_kind(Module, {{{Module, F, _}, {Loop, _, _} = Function}, Stack}, Pids) ->
    case {waits(Function), is_special(Loop)} of
        {true, true} when Loop =/= Module ->
            [Pid || not (is_lambda(F) orelse awaits(Function)), waits_at_bottom(Stack), Pid <- Pids];
        {true, true} -> [Pid || not (is_lambda(F) andalso awaits(Function)), Pid <- Pids];
        {true, false} -> alike(Module, Pids);
        {false, _} ->
            Busy = [{Pid, Lowest} || Pid <- Pids, Lowest <- lowest(Pid)],
            {Own, Others} = lists:partition(fun({_, Lowest}) -> Lowest =:= gen orelse is_special(Module) end,
                                            Busy),
            [Pid || {Pid, _} <- Own] ++ alike(Module, [Pid || {Pid, _} <- Others])
    end;
of_kind(Module, {{_, {Module, _, _} = Function}, _}, Pids) ->
    case is_special(Module) andalso waits(Function) andalso not awaits(Function) of
        true -> Pids;
        false -> []
    end;
of_kind(_, _, _) ->
    [].

%% Whether the process was started as one of the module, or nothing else has called the function in which it
%% is. Not if it is a client that waits.
belongs(Pid, Module) ->
    case {kind_modules(Pid), process_info(Pid, current_function)} of
        {[Module], _} -> true;
        {_, {_, {_, _, _} = Function}} ->
            not awaits(Function) andalso [bottom(Stack) || Stack <- stack_of(Pid)] =:= [[Module]];
        _ ->
            false
    end.

%% [Module] of its lowest call, if that means that it will wait so when it has done what it does now: gen,
%% while a behaviour initializes, or the behaviour.
lowest(Pid) ->
    case [Module || Stack <- stack_of(Pid), {Module, _, _, _} <- lists:reverse(Stack)] of
        [proc_lib, gen | _] -> [gen];
        [proc_lib, Lowest | _] -> [Lowest || erlang:function_exported(Lowest, system_continue, 3)];
        _ -> []
    end.

%% Returns the processes whose callback module it is.
alike(Module, Pids) ->
    Sample = lists:sublist(Pids, ?sample),
    Others = lists:nthtail(length(Sample), Pids),
    Checked = [{is_callback(Module, Pid), Pid} || Pid <- Sample],
    case lists:usort([Is || {Is, _} <- Checked]) -- [gone] of
        [] when Others =/= [] -> alike(Module, Others);
        [true] -> Pids;
        [false, true] -> every(Module, Pids);
        _ -> []
    end.

every(Module, Pids) ->
    [Pid || Pid <- Pids, is_callback(Module, Pid) =:= true].

%% true, false or gone. The registers of a process that hibernates are empty: then it is what it was started
%% as, unless it has shown them.
is_callback(Module, Pid) ->
    case {registers(Pid), recall(slept)} of
        {hibernates, #{Pid := Slept}} -> binary:match(from_loop(Slept), patterns(Module)) =/= nomatch;
        {hibernates, _} -> element(1, proc_lib:translate_initial_call(Pid)) =:= Module;
        {gone, _} -> gone;
        {Text, _} -> binary:match(from_loop(Text), patterns(Module)) =/= nomatch
    end.

%% The handlers of an event manager that are of those modules. One that hibernates is idle, and answers.
handlers(Pid, Modules, C) ->
    case registers(Pid) of
        hibernates ->
            case briefly(gen, call, [Pid, self(), get_modules, infinity], C) of
                {ok, Known} when is_list(Known) -> [Module || Module <- Modules, lists:member(Module, Known)];
                _ -> []
            end;
        gone ->
            [];
        Text ->
            [Module || Module <- Modules, Name <- [name(Module)],
                       binary:match(Text, <<"{handler,", Name/binary, ",">>) =/= nomatch]
    end.

%% The modules that a process is of by its initial call, for one that is not looked at yet; unknown if it has
%% not begun to be anything.
kind_modules(Pid) ->
    case {proc_lib:translate_initial_call(Pid), process_info(Pid, current_function)} of
        {{proc_lib, _, _}, {_, {proc_lib, _, _}}} -> unknown;
        {{supervisor, Module, _}, _} -> [Module];
        {{Module, _, _}, _} -> [Module]
    end.
