%% SPDX-License-Identifier: BSD-3-Clause
%%
%% States that the new code of their modules cannot have.
%%
%% A code_change may return ok and convert nothing: a record keeps the size that it had, a struct lacks the
%% new keys. Such a process dies when it next handles a message, in the new version. So what code_change
%% answers is not enough: the states are compared with what the instructions of the new code can match
%% (include/erlrc/beam/shapes.hpp), while their processes are suspended. The states of modules that the script
%% loads without a conversion are compared before anything is touched.
%%
%% Unfit is [{Module, [{Tag, Size, [Expected]}], [Key], [{NewKey, [Known]}], {How, Untaken}}]: the sizes of
%% records that the new code does not know, the keys of the module's struct that the old one does not have,
%% those that the new code needs in maps with some known keys, and the states that its callbacks do not take
%% (erlrc_untaken). How: followed | guessed; the keys of a state whose module was followed are not guessed.
-module(erlrc_shape).
-export([containing/2, encoded/1, fields/1, own_parts/3, runs/1, states_now/2, unconverted_states/3,
         unfit_states/3]).
-import(erlrc_census, [census/0, of_modules/2]).
-import(erlrc_call, [now_ms/0]).
-import(erlrc_carried, [parts_of/1]).
-import(erlrc_ending, [outliving/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_kept, [outlines/2]).
-import(erlrc_kinds, [is_special/1]).
-import(erlrc_record, [pattern/2, search/4]).
-import(erlrc_sys, [ask/3]).
-import(erlrc_text, [module_name/1, processes/2]).
-import(erlrc_tree, [column/2, is_event_manager/1]).
-import(erlrc_untaken, [untaken/3]).

%% So many states are encoded at a time.
-define(many, 1000).
%% As many arguments as the loop of a behaviour has at most.
-define(loop, 16).
%% Longer ones are not searched.
-define(words, 131072).

%% [{Pid, Module, Why}]: the states of modules that no instruction converts, and what the processes that it
%% does not reach keep of any module.
unconverted_states([], _, _) ->
    [];
unconverted_states(Unfit, {Converted, Reached}, #{deadline := Deadline} = C) ->
    census(),
    Loaded = [Row || {Module, _, _, _, _} = Row <- Unfit, not lists:member(Module, Converted)],
    Running = of_modules([Module || {Module, _, _, _, _} <- Loaded], C),
    Pids = outliving(lists:usort(lists:append([Of || {_, Of} <- Running])), C),
    Others = outliving(processes() -- [self(), whereis(application_controller) | Pids ++ Reached], C),
    {Holding, Left} = case patterns_of(Unfit) ++ record_patterns(Unfit) of
                          [] -> {[], []};
                          Patterns -> search(Others, binary:compile_pattern(Patterns), [],
                                             C#{deadline := min(Deadline, now_ms() + 2000)})
                      end,
    Left =:= [] orelse remark("~p processes could not be searched for states that change: ~ts",
                              [length(Left), processes(lists:sublist(Left, 3), C)]),
    States = states_now(Pids, C),
    unfit_states(States, Loaded, Running)
        ++ [{Pid, Module, Why} || {Pid, Encoded} <- Holding,
                                  {Module, Why} <- lists:sublist(unfit_kept(Encoded, Unfit)
                                                                 ++ unfit_beside(Encoded, Unfit), 1)]
        ++ [{Pid, Module, [module_name(Module), ", whose state could not be compared: it did not answer"]}
            || Pid <- Pids -- column(1, States), is_process_alive(Pid),
               {Module, init, 1} <- [proc_lib:translate_initial_call(Pid)],
               lists:keymember(Module, 1, Loaded)].

%% [{Pid, State}]. A big state is not copied for this: an outline of it has the same shape.
states_now(Pids, C) ->
    Big = [Pid || Pid <- Pids, {_, Words} <- [process_info(Pid, total_heap_size)], Words >= ?words],
    Answers = ask([{Pid, get_state} || Pid <- Pids -- Big], standard, C),
    [{Pid, State} || {Pid, {reply, {ok, State}}} <- Answers]
        ++ [{Pid, case is_event_manager(Pid) of true -> All; false -> hd(All) end}
            || {Pid, All} <- outlines(Big, C)].

%% [{Pid, Module, Why}]. There may be thousands of states, so compiled code looks for those that may be unfit.
%% Running: [{Module, [Pid]}], the processes that run the modules, whatever they were started as.
unfit_states(_, [], _) ->
    [];
unfit_states(States, Unfit, Running) ->
    Managers = [Pid || {Pid, State} <- States, is_list(State), is_event_manager(Pid)],
    Records = [Pattern || {_, Own, _, _, _} <- Unfit, {Tag, Size, _} <- Own,
                          Tuple <- [list_to_tuple([Tag | lists:duplicate(Size - 1, '_')])],
                          Pattern <- [Tuple, {'_', Tuple}, {Tuple, '_'}]],
    Structs = [#{'__struct__' => Module} || {Module, _, [_ | _], _, _} <- Unfit],
    Maps = [maps:from_list([{Key, '_'} || Key <- Known]) || {_, _, _, Each, _} <- Unfit, {_, Known} <- Each],
    Patterns = Records ++ [Pattern || Map <- lists:usort(Structs ++ Maps), Pattern <- [Map, {'_', Map}]],
    Suspects = resembling(States, Patterns),
    Inside = record_patterns(Unfit) ++ patterns_of(Unfit),
    Runs = runs(Running),
    Carrying = [Pid || {Pid, Modules} <- maps:to_list(Runs), started_as(Pid, []) -- Modules =/= []],
    Looked = maps:from_list([{Pid, true} || Pid <- Managers ++ Suspects ++ Carrying
                                                ++ containing(States, Inside)]),
    name_big([Pid || {Pid, _} <- States, Inside =/= [], is_big(Pid)]),
    Found = [{Pid, Module, Why} || {Pid, State} <- States, is_map_key(Pid, Looked),
                                   {Module, Why} <- unfit_state(Pid, State, Unfit, maps:get(Pid, Runs, []))],
    Others = [Row || {Pid, _} = Row <- States, not lists:keymember(Pid, 1, Found)],
    All = Found ++ untaken(Others, Unfit, Runs),
    All ++ in_dictionaries([Pid || {Pid, _} <- States, not lists:keymember(Pid, 1, All)],
                           Inside, Unfit, Runs).

resembling(_, []) ->
    [];
resembling(States, Patterns) ->
    Rows = [{{'$1', Pattern}, [], ['$1']} || Pattern <- Patterns],
    ets:match_spec_run(States, ets:match_spec_compile(Rows)).

%% What the processes keep in their dictionaries, next to their states.
in_dictionaries(Pids, Patterns, Unfit, Runs) ->
    Kept = [{Pid, Own} || {Pid, {dictionary, All}} <- lists:zip(Pids, infos(Pids, dictionary)),
                          Own <- [[Pair || {Key, _} = Pair <- All, not is_of_otp(Key)]], Own =/= [],
                          not is_big(Pid)],
    Suspects = containing(Kept, Patterns),
    [{Pid, Module, [Why, " (in its dictionary)"]}
     || {Pid, Own} <- Kept, lists:member(Pid, Suspects), Modules <- [maps:get(Pid, Runs, [])],
        {Module, Why} <- lists:sublist([{Module, Why} || {_, Value} <- Own, Row <- Unfit,
                                                         Module <- [element(1, Row)],
                                                         lists:member(Module, Modules),
                                                         Why <- unfit_part(Value, Row)]
                                       ++ unfit_within(term_to_binary(Own), Unfit, Modules), 1)].

infos(Pids, Item) ->
    lists:zipwith(fun erlang:process_info/2, Pids, lists:duplicate(length(Pids), Item)).

is_of_otp('$ancestors') -> true;
is_of_otp('$initial_call') -> true;
is_of_otp(_) -> false.

%% The processes in whose encoded states there is one of the patterns, found by library functions alone.
containing(_, []) ->
    [];
containing([], _) ->
    [];
containing(States, Patterns) ->
    {Now, Later} = lists:split(min(?many, length(States)), States),
    {Pids, Terms} = lists:unzip(Now),
    Encoded = lists:map(fun erlang:term_to_binary/1, Terms),
    Any = lists:duplicate(length(Now), binary:compile_pattern(Patterns)),
    [Pid || {Pid, Match} <- lists:zip(Pids, lists:zipwith(fun binary:match/2, Encoded, Any)),
            Match =/= nomatch] ++ containing(Later, Patterns).

is_big(Pid) ->
    case process_info(Pid, total_heap_size) of {_, Words} -> Words >= ?words; undefined -> false end.

%% Only an outline of them is known.
name_big([]) -> ok;
name_big(Pids) -> remark("states of more than a megabyte are not searched for records in them: ~ts",
                         [lists:join(", ", lists:map(fun erlang:pid_to_list/1, lists:sublist(Pids, 3)))]).

%% #{Pid => [Module]}
runs(Running) ->
    Add = fun({Pid, Module}, Known) -> Known#{Pid => [Module | maps:get(Pid, Known, [])]} end,
    lists:foldl(Add, #{}, [{Pid, Module} || {Module, Pids} <- Running, Pid <- Pids]).

%% [] or [{Module, Why}]: why the new code cannot have that state.
unfit_state(Pid, State, Unfit, Modules) ->
    Own = [{Module, Why} || {Module, Part} <- own_parts(Pid, State, Modules),
                            {Same, _, _, _, _} = Row <- Unfit, Same =:= Module, Why <- unfit_part(Part, Row)],
    case {Own, is_big(Pid)} of
        {[First | _], _} ->
            [First];
        {[], false} ->
            %% An event manager has {Module, Id, State} of each handler.
            Encoded = term_to_binary(case is_list(State) andalso is_event_manager(Pid) of
                                         true -> [Handler || {_, _, Handler} <- State];
                                         false -> State
                                     end),
            lists:sublist(unfit_within(Encoded, Unfit, started_as(Pid, Modules)), 1);
        {[], true} ->
            []
    end.

unfit_within(Encoded, Unfit, Modules) ->
    unfit_inside(Encoded, Unfit, Modules) ++ unfit_kept(Encoded, Unfit).

%% A record that a module keeps within its own state. (Every other module has a `state', so that name may be
%% that of another one.)
unfit_inside(Encoded, Unfit, Modules) ->
    [{Module, unfit_record(Module, Tag, Size, Expected)}
     || {Module, Records, _, _, _} <- Unfit, lists:member(Module, Modules),
        {Tag, Size, Expected} <- Records, Tag =/= state, Size < 256,
        binary:match(Encoded, pattern(Tag, Size)) =/= nomatch].

started_as(Pid, []) -> [element(1, proc_lib:translate_initial_call(Pid))];
started_as(_, Modules) -> Modules.

%% [{Module, Part}]: what the callback modules of the process get, if it runs these modules. It may have been
%% started as another one, which counts only if none is known.
own_parts(Pid, State, Modules) ->
    {Started, F, _} = proc_lib:translate_initial_call(Pid),
    case {is_event_manager(Pid), State} of
        {true, Handlers} when is_list(Handlers) -> [{Handler, Own} || {Handler, _, Own} <- Handlers];
        {false, _} when Started =:= supervisor; F =:= supervisor -> [];
        {false, _} when Modules =:= [] -> [{Started, Part} || Part <- parts_for(Started, State)];
        _ -> [{Module, Part} || Module <- Modules,
                                Part <- parts_for(Module, State)
                                    ++ [Beside || Module =/= Started, Beside <- beside(Module, State)]]
    end.

%% A server of a library has the state of its callback module next to that module, or next to what the module
%% is in.
beside(Module, State) ->
    Parts = parts_of(State),
    Holding = [Part || Part <- Parts, lists:member(Module, parts_of(Part))],
    case lists:member(Module, Parts) of
        true -> Parts;
        false when Holding =:= [] -> [];
        false -> lists:append([Parts -- Holding | [parts_of(Part) || Part <- Holding]])
    end.

%% A special process keeps any term for its loop.
parts_for(Module, State) ->
    case {is_special(Module), State} of
        {true, _} when is_tuple(State), tuple_size(State) =< ?loop -> [State | tuple_to_list(State)];
        {false, {_, Data}} -> case erlang:function_exported(Module, callback_mode, 0) of
                                  true -> with_elements(Data);
                                  false -> with_elements(State)
                              end;
        {false, _} when is_tuple(State) -> with_elements(State);
        {_, [_ | _]} -> [State | own_of_loop(State)];
        _ -> [State]
    end.

%% A record may be next to something else, as in {connected, #state{}}.
with_elements(Data) when is_tuple(Data), tuple_size(Data) > 1, tuple_size(Data) =< ?loop ->
    [Data | [Part || Part <- tl(tuple_to_list(Data)), is_tuple(Part), tuple_size(Part) > 1,
                     element(1, Part) =/= element(1, Data)]];
with_elements(Data) ->
    [Data].

%% What a loop that has no get_state of its own keeps, as that of p1_fsm: a list of a few terms, one of which
%% is the state of its callback module.
own_of_loop(Loop) ->
    case catch length(Loop) of
        Length when is_integer(Length), Length =< ?loop -> Loop;
        _ -> []
    end.

%% What a library keeps for one of the modules, somewhere in its own state: the module and next to it what the
%% module made, or a struct. Found in the encoded state: to walk through a long one would take too long.
unfit_kept(Encoded, Unfit) ->
    [{Module, unfit_record(Module, Tag, Size, Expected)}
     || {Module, Records, _, _, _} <- Unfit, {Tag, Size, Expected} <- Records, may_be_kept(Module, Tag, Size),
        binary:match(Encoded, kept_record(Module, Tag, Size)) =/= nomatch]
        ++ [{Module, unfit_struct(Module, Key)}
            || {Module, _, [_ | _] = Keys, _, _} <- Unfit,
               binary:match(Encoded, kept_struct(Module)) =/= nomatch,
               Key <- Keys, binary:match(Encoded, encoded(Key)) =:= nomatch].

%% The same where the module is not the first one before it.
unfit_beside(Encoded, Unfit) ->
    [{Module, Why} || {Module, [_ | _], _, _, _} = Row <- Unfit,
                      binary:match(Encoded, encoded(Module)) =/= nomatch,
                      Part <- beside(Module, binary_to_term(Encoded)), Why <- unfit_part(Part, Row)].

record_patterns(Unfit) ->
    [pattern(Tag, Size) || {_, Records, _, _, _} <- Unfit, {Tag, Size, _} <- Records, Size < 256].

patterns_of(Unfit) ->
    [kept_record(Module, Tag, Size)
     || {Module, Records, _, _, _} <- Unfit, {Tag, Size, _} <- Records, may_be_kept(Module, Tag, Size)]
        ++ [kept_struct(Module) || {Module, _, [_ | _], _, _} <- Unfit].

%% A supervisor has {Module, Function, Arguments} next to the id of a child, which is often the module.
may_be_kept(Module, Tag, Size) ->
    Size < 256 andalso {Tag, Size} =/= {Module, 3}.

kept_record(Module, Tag, Size) ->
    <<(encoded(Module))/binary, 104, Size, (encoded(Tag))/binary>>.

kept_struct(Module) ->
    <<(encoded('__struct__'))/binary, (encoded(Module))/binary>>.

encoded(Atom) ->
    <<131, Encoded/binary>> = term_to_binary(Atom),
    Encoded.

unfit_part(Part, {Module, Records, _, _, _}) when is_tuple(Part), tuple_size(Part) > 0 ->
    [unfit_record(Module, Tag, Size, Expected)
     || {Tag, Size, Expected} <- Records, Tag =:= element(1, Part), Size =:= tuple_size(Part)];
unfit_part(#{'__struct__' := Module} = Map, {Module, _, Keys, _, _}) ->
    [unfit_struct(Module, Key) || Key <- Keys, not is_map_key(Key, Map)];
unfit_part(Map, {Module, _, _, Maps, {guessed, _}}) when is_map(Map) ->
    [unfit_map(Module, Key) || {Key, Known} <- Maps, not is_map_key(Key, Map),
                               maps:size(maps:with(Known, Map)) =:= length(Known)];
unfit_part(_, _) ->
    [].

unfit_record(Module, Tag, Size, Expected) ->
    io_lib:format("~ts, whose record ~ts has ~ts where the new code has ~ts",
                  [module_name(Module), Tag, fields([Size]), fields(Expected)]).

unfit_struct(Module, Key) ->
    io_lib:format("~ts, whose struct has no key ~0tp, which the new code has", [module_name(Module), Key]).

unfit_map(Module, Key) ->
    io_lib:format("~ts, whose map has no key ~0tp, which the new code needs", [module_name(Module), Key]).

fields(Sizes) ->
    [lists:join(" or ", [integer_to_list(Size - 1) || Size <- Sizes]),
     case Sizes of [2] -> " field"; _ -> " fields" end].
