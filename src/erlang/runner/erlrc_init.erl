%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What init/1 of supervisors returns, in the version that runs and in the new one (erlrc_children).
-module(erlrc_init).
-export([check_converted/2, init_later/2, init_now/2, note_children/4, starter_name/1]).
-import(erlrc_call, [bounded/4]).
-import(erlrc_census, [of_modules/2]).
-import(erlrc_journal, [recall/1, remark/2]).
-import(erlrc_predict, [predict/5, takes/5]).
-import(erlrc_supervisor, [check_change/3, children/1, has_children/1, init_specs/3, is_of_supervisor/1,
                           module_of/1, predicted_specs/4, specs_of/1, state_args/1, states/2]).
-import(erlrc_text, [fail/2, module_name/1, short/1, short_name/1, text/2]).
-import(erlrc_tree, [supervised/2, with_included/1]).

%% One map for each supervisor, in the order of the tree: what it is before anything is touched. Items: those
%% whose code changes, or whose init/1 may be called and asks what changes. Asking: the modules of others that
%% are to be compared.
note_children(Apps, Items, Asked, #{backup := Backup, code := Code} = C) ->
    Asking = Asked ++ asking_elsewhere(Apps, Code),
    Declared = [{Pid, Module, {Parent, Id, Apps}}
                || {Pid, Parent, Id, supervisor, [Module]} <- supervised(Apps, C)],
    Found = [{Pid, How} || {Pid, Module, Place} <- Declared ++ undeclared(Declared, Items, Asking, C),
                           How <- [how(Module, Place, {Items, Asking, Code})], How =/= none],
    [check_init(Item) || {_, {changed, Item}} <- Found],
    States = states([Pid || {Pid, _} <- Found], C),
    Before = beams(Backup),
    lists:append([case is_of_supervisor(State, How) of
                      true -> note(Pid, How, State, {Before, beams(Code)}, C);
                      false -> note_other(Pid, How, State)
                  end || {{Pid, How}, {Pid, State}} <- lists:zip(Found, States), State =/= gone]).

%% Supervisors of other applications, whose init/1 may ask code that changes.
asking_elsewhere(Apps, Code) ->
    Own = lists:append([Listed || App <- with_included(Apps),
                                  {ok, Listed} <- [application:get_key(App, modules)]]),
    Modules = lists:usort([Module || {_, Module} <- recall(supervisors)]) -- [none | Own],
    [Module || Module <- Modules, not is_map_key(Module, Code), File <- [code:which(Module)], is_list(File),
               {ok, {_, [{imports, Imports}]}} <- [beam_lib:chunks(File, [imports])],
               lists:any(fun({Called, _, _}) -> is_map_key(Called, Code) end, Imports)].

%% Supervisors that are declared as another module, or are under one of another application.
undeclared(Declared, Items, Asking, C) ->
    Known = maps:from_list([{{Pid, Module}, true} || {Pid, Module, _} <- Declared]),
    [{Pid, Module, {none, none, []}}
     || {Module, Pids} <- of_modules([Module || {Module, _, _, _} <- Items] ++ Asking, C), Pid <- Pids,
        not is_map_key({Pid, Module}, Known)].

%% A supervisor of a library may be a process of another one.
is_of_supervisor(State, {started_with, _}) -> is_of_supervisor(State);
is_of_supervisor(State, How) -> is_of_supervisor(State) andalso module_of(State) =:= of_change(How).

of_change({changed, {Module, _, _, _}}) -> Module;
of_change({asking, Module, _}) -> Module.

%% Elixir's own kinds get no children from init/1, only the specification of all.
note_other(_, _, #{'__struct__' := Struct})
  when Struct =:= 'Elixir.DynamicSupervisor'; Struct =:= 'Elixir.GenStage' ->
    [];
note_other(_, {started_with, _}, _) ->
    [];
note_other(Pid, How, _) ->
    remark("supervisor ~ts keeps the children that it has: what its behaviour does with ~ts:init/1 is not"
           " known", [short_name(Pid), module_name(of_change(How))]),
    [].

beams(Code) ->
    maps:map(fun(_, {_, Beam}) -> Beam end, maps:filter(fun(_, Known) -> is_tuple(Known) end, Code)).

how('Elixir.Supervisor.Default', Place, _) ->
    {started_with, Place};
how(Module, _, {Items, Asking, Code}) ->
    case {lists:keyfind(Module, 1, Items), lists:member(Module, Asking)} of
        {{_, _, _, _} = Item, _} when is_map_key(Module, Code) -> {changed, Item};
        {{_, _, _, _}, _} -> {asking, Module, true};
        {false, true} -> {asking, Module, false};
        {false, false} -> none
    end.

note(Pid, {changed, {Module, Askable, _, _}}, State, {Before, Now}, C) ->
    check_argument(Module, state_args(State), Now, C),
    Predicted = predicted_if(Module, Askable, State, Now, C),
    check_change(Pid, State, Predicted),
    [#{pid => Pid, module => Module, state => State, askable => Askable, how => changed,
       sure => Predicted =/= unknown,
       specs => case {has_children(State), Askable} of
                    {false, _} -> unknown;
                    {true, true} -> init_specs(Module, State, C);
                    {true, false} -> predicted_specs(Module, State, Before, C)
                end}];
note(Pid, {asking, Module, Askable}, State, {Before, _}, C) ->
    [#{pid => Pid, module => Module, state => State, askable => Askable, how => asking,
       specs => case Askable of
                    true -> init_specs(Module, State, C);
                    false -> predicted_specs(Module, State, Before, C)
                end} || has_children(State)];
note(Pid, {started_with, Place}, State, {_, Now}, C) ->
    case starter(Place, C) of
        {Module, _, _} = Starter when is_map_key(Module, Now) ->
            [#{pid => Pid, module => module_of(State), state => State, how => {started_with, Starter},
               specs => specs_of({ok, state_args(State)})} || has_children(State)];
        _ ->
            []
    end.

%% The function that started a supervisor: that of its child specification, or of its application.
starter({none, _, [App]}, _) ->
    case application:get_key(App, mod) of
        {ok, {Module, Args}} -> {Module, start, [normal, Args]};
        _ -> none
    end;
starter({Parent, Id, _}, C) when is_pid(Parent) ->
    case bounded(supervisor, get_childspec, [Parent, Id], C) of
        {ok, #{start := {M, F, A}}} when is_list(A) -> {M, F, A};
        _ -> none
    end;
starter(_, _) ->
    none.

%% Only one whose strategy may be simple_one_for_one needs to be looked at before it is converted.
predicted_if(Module, Askable, State, Beams, C) ->
    case Beams of
        #{Module := Beam} ->
            case not has_children(State) orelse mentions(Beam, <<"simple_one_for_one">>) of
                true -> predicted_specs(Module, State, Beams, C);
                false when Askable -> unchanged;
                false -> unknown
            end;
        _ ->
            unknown
    end.

mentions(Beam, Text) ->
    {ok, {_, Chunks}} = beam_lib:chunks(Beam, ["Atom", "AtU8", "LitT"], [allow_missing_chunks]),
    lists:any(fun({_, Chunk}) when is_binary(Chunk) -> binary:match(unpacked(Chunk), Text) =/= nomatch;
                 (_) -> false
              end, Chunks).

%% Literals are compressed until OTP 27.
unpacked(<<Size:32, Packed/binary>> = Chunk) when Size > 0 ->
    case catch zlib:uncompress(Packed) of
        Literals when byte_size(Literals) =:= Size -> Literals;
        _ -> Chunk
    end;
unpacked(Chunk) ->
    Chunk.

%% Fails if init/1 creates what exists already.
check_init({Module, _, Tables, Names}) ->
    Why = "supervisor ~ts cannot be upgraded: its init/1 is called again, and ~ts, which exists",
    [fail(Why, [module_name(Module), text("creates the table ~ts", [Table])])
     || Table <- Tables, ets:whereis(Table) =/= undefined],
    [fail(Why, [module_name(Module), text("registers the name ~ts", [Name])])
     || Name <- Names, whereis(Name) =/= undefined].

%% Fails if no clause of the new init/1 takes what the supervisor was started with.
check_argument(Module, Argument, Beams, C) when is_map_key(Module, Beams) ->
    takes(Module, init, [Argument], Beams, C) =/= false
        orelse fail("supervisor ~ts cannot be upgraded: it was started with ~ts,"
                    " which its new init/1 does not take", [module_name(Module), short(Argument)]);
check_argument(_, _, _, _) ->
    ok.

%% Looks at the supervisors that were just converted: a prediction is not always possible.
check_converted(Pids, #{children := Noted} = C) ->
    Converted = [{Pid, State} || #{pid := Pid, state := State, sure := false} <- Noted,
                                 lists:member(Pid, Pids)],
    Now = states([Pid || {Pid, _} <- Converted], C),
    lists:foreach(fun({{Pid, State}, {_, Later}}) when Later =/= gone ->
                          check_change(Pid, State, {ok, {#{strategy => element(3, Later)},
                                                         specs_in(Later)}});
                     (_) -> ok
                  end, lists:zip(Converted, Now)).

specs_in(State) when element(1, State) =:= state ->
    [#{id => Id, restart => Restart} || {Id, _, _, Restart} <- children(State)];
specs_in(_) ->
    [].

%% What init/1 returns now: {ok, {Flags, Specs}}, unknown, or {unknown, Why}.
init_now(#{how := {started_with, {M, F, A}}}, C) ->
    case predict(M, F, A, new_beams(C), C) of
        {starts, Children, Options} ->
            Known = [Option || {Key, _} = Option <- Options,
                               lists:member(Key, [strategy, max_restarts, max_seconds, auto_shutdown])],
            case bounded('Elixir.Supervisor', init, [Children, Known], C) of
                {ok, {_, _}} = Args -> {args, Args};
                _ -> {unknown, <<"a list of children that is not valid">>}
            end;
        {ok, _} -> {unknown, <<"another start">>};
        {_, Why} -> {unknown, Why}
    end;
init_now(#{module := Module, state := State, how := asking, askable := false}, C) ->
    case predict(Module, init, [state_args(State)], new_beams(C), C) of
        {ok, _} = Returned -> specs_of(Returned);
        {_, Why} -> {unknown, Why}
    end;
init_now(#{module := Module, state := State, askable := true}, C) ->
    init_specs(Module, State, C);
init_now(#{module := Module, state := State}, C) ->
    predicted_specs(Module, State, new_beams(C), C).

%% What init/1 would return if the new code were loaded: {ok, {Flags, Specs}}, or {unknown, Why}.
init_later(#{how := {started_with, _}} = Row, C) ->
    case init_now(Row, C) of
        {args, Args} -> specs_of({ok, Args});
        Unknown -> Unknown
    end;
init_later(#{module := Module, state := State}, C) ->
    case predict(Module, init, [state_args(State)], new_beams(C), C) of
        {ok, _} = Returned -> specs_of(Returned);
        {_, Why} -> {unknown, Why}
    end.

new_beams(#{code := Code}) ->
    beams(Code).

starter_name(#{how := {started_with, {M, F, A}}}) -> text("~ts:~ts/~p", [module_name(M), F, length(A)]);
starter_name(#{module := Module}) -> text("~ts:init/1", [module_name(Module)]).
