%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The state of a supervisor, and what its init/1 returns.
%%
%% The state is that of supervisor.erl, in all of OTP 23 to 29: {state, Name, Strategy, {Ids, #{Id => Child}},
%% Dynamics, .., Module, Args}, with {child, Pid, Id, Start, Restart, ..}. Elixir's DynamicSupervisor has
%% another state, and no children of init/1; nor has simple_one_for_one.
-module(erlrc_supervisor).
-export([check_change/3, children/1, convert/4, has_children/1, init_specs/3, is_of_supervisor/1, module_of/1,
         predicted_specs/4, rename/4, specs_of/1, state_args/1, states/2]).
-import(erlrc_call, [bounded/4, now_ms/0]).
-import(erlrc_predict, [predict/5]).
-import(erlrc_sys, [ask/3, gone/1, has_state/1]).
-import(erlrc_text, [fail/2, processes/2, reply/1, short_name/1]).

%% [{Pid, State | gone}]
states(Pids, C) ->
    Replies = ask([{Pid, get_state} || Pid <- Pids], standard, C),
    case [Pid || {Pid, Reply} <- Replies, not has_state(Reply), not gone(Reply)] of
        [] -> [{Pid, case Reply of {reply, {ok, State}} -> State; _ -> gone end} || {Pid, Reply} <- Replies];
        Silent -> fail("supervisors that do not answer: ~ts", [processes(Silent, C)])
    end.

is_of_supervisor(State) ->
    is_tuple(State) andalso tuple_size(State) > 9 andalso element(1, State) =:= state
        andalso has_ids(element(4, State)).

%% Older copies of supervisor.erl have a list.
has_ids({Ids, Children}) -> is_list(Ids) andalso is_map(Children);
has_ids(_) -> false.

has_children(State) ->
    is_of_supervisor(State) andalso element(3, State) =/= simple_one_for_one.

module_of(State) -> element(tuple_size(State) - 1, State).
state_args(State) -> element(tuple_size(State), State).

%% [{Id, Pid, Start, Restart}] in the order in which they are started.
children(State) ->
    {Ids, Known} = element(4, State),
    [begin
         Child = maps:get(Id, Known),
         {Id, element(2, Child), element(4, Child), element(5, Child)}
     end || Id <- lists:reverse(Ids)].

%% What init/1 of the code that is loaded returns, for a supervisor in that state: {ok, {Flags, Specs}} or
%% unknown.
init_specs(Module, State, #{deadline := Deadline} = C) ->
    Args = state_args(State),
    specs_of(case bounded(Module, init, [Args], C#{deadline := min(Deadline, now_ms() + 5000)}) of
                 {raised, _} -> unknown;
                 timeout -> unknown;
                 Value -> {ok, Value}
             end).

%% The same for the code in these files, without calling it.
predicted_specs(Module, State, Beams, C) ->
    is_of_supervisor(State) andalso specs_of(predict(Module, init, [state_args(State)], Beams, C)).

specs_of({ok, {ok, {Flags, Specs}}}) when is_list(Specs) ->
    case supervisor:check_childspecs(lists:map(fun(Spec) -> known_restart(Spec) end, Specs)) of
        ok -> {ok, {flags(Flags), [spec(Spec) || Spec <- Specs]}};
        _ -> unknown
    end;
specs_of(_) ->
    unknown.

%% Copies of supervisor.erl have others, too: supervisor2 {permanent, Delay}.
known_restart(#{restart := Restart} = Spec) -> Spec#{restart := known(Restart)};
known_restart({_, _, Restart, _, _, _} = Spec) -> setelement(3, Spec, known(Restart));
known_restart(Spec) -> Spec.

known({Restart, Delay}) when is_integer(Delay) -> known(Restart);
known(intrinsic) -> transient;
known(Restart) -> Restart.

flags(Flags) when is_map(Flags) -> Flags;
flags({Strategy, Intensity, Period}) -> #{strategy => Strategy, intensity => Intensity, period => Period}.

spec(#{} = Spec) -> Spec;
spec({Id, Start, Restart, Shutdown, Type, Modules}) ->
    #{id => Id, start => Start, restart => Restart, shutdown => Shutdown, type => Type, modules => Modules}.

%% Fails if supervisor.erl cannot go from that state to what init/1 of the new version returns: it forgets the
%% children that it has if it becomes a simple_one_for_one, or ceases to be one, and dies of the next request;
%% and it has not stored the arguments of temporary children.
check_change(Pid, State, {ok, {Flags, Specs}}) ->
    case is_of_supervisor(State) of
        true -> check_strategy(Pid, State, maps:get(strategy, Flags, one_for_one), Specs);
        false -> ok
    end;
check_change(_, _, _) ->
    ok.

check_strategy(Pid, State, New, Specs) ->
    Why = "supervisor ~ts cannot be upgraded while it runs: ~ts; {restart_application, ..} in the appup can",
    case {element(3, State), New} of
        {Same, Same} when Same =/= simple_one_for_one ->
            ok;
        {simple_one_for_one, simple_one_for_one} ->
            Kind = element(1, element(5, State)),
            [fail(Why, [short_name(Pid), "its children, so far temporary, would be started again, and their "
                                         "arguments are not known"])
             || #{} = Spec <- Specs, maps:get(restart, Spec, permanent) =/= temporary, Kind =/= maps],
            ok;
        {Old, _} when Old =:= simple_one_for_one; New =:= simple_one_for_one ->
            fail(Why, [short_name(Pid), io_lib:format("its strategy changes from ~ts to ~ts", [Old, New])]);
        _ ->
            ok
    end.

%% Has a supervisor whose code is in place call its init/1 once more, with these arguments.
convert(Pid, Module, Args, C) ->
    expect_ok(Pid, [suspend], C),
    Failed = try
                 [Reply || Request <- [replacement("fun(S) -> setelement(tuple_size(S), S, Args) end",
                                                   [{'Args', Args}]),
                                       {change_code, Module, undefined, []}],
                           {_, Reply} <- ask([{Pid, Request}], standard, C),
                           Reply =/= {reply, ok}, not has_state(Reply), not gone(Reply)]
             after
                 expect_ok(Pid, [resume], C)
             end,
    [fail("supervisor ~ts: ~ts", [short_name(Pid), reply(Reply)]) || Reply <- Failed],
    ok.

expect_ok(Pid, Requests, C) ->
    [fail("supervisor ~ts: ~ts", [short_name(Pid), reply(Reply)])
     || Request <- Requests, {_, Reply} <- ask([{Pid, Request}], standard, C),
        Reply =/= {reply, ok}, not gone(Reply)],
    ok.

%% The child Old, which runs or not, is the child New from now on. If that is listed, it keeps its own
%% specification.
rename(Pid, Old, New, C) ->
    Rename = "fun(S) ->"
             "  case element(4, S) of"
             "    {Ids, #{Old := Child} = Known} ->"
             "      {List, Same} = case Known of"
             "                       #{New := Listed} -> {lists:delete(Old, Ids), Listed};"
             "                       _ -> {[case Id of Old -> New; _ -> Id end || Id <- Ids],"
             "                             setelement(3, Child, New)}"
             "                     end,"
             "      Renamed = Known#{New => setelement(2, Same, element(2, Child))},"
             "      setelement(4, S, {List, maps:remove(Old, Renamed)});"
             "    _ -> S"
             "  end "
             "end",
    Request = replacement(Rename, [{'Old', Old}, {'New', New}]),
    [fail("supervisor ~ts: ~ts", [short_name(Pid), reply(Reply)])
     || {_, Reply} <- ask([{Pid, Request}], standard, C), not has_state(Reply), not gone(Reply)],
    ok.

%% A fun of ours would take a copy of this whole program with it to the process.
replacement(Text, Bindings) ->
    {ok, Tokens, _} = erl_scan:string(Text ++ "."),
    {ok, [Fun]} = erl_parse:parse_exprs(Tokens),
    Bound = lists:foldl(fun({Name, Value}, Known) -> erl_eval:add_binding(Name, Value, Known) end,
                        erl_eval:new_bindings(), Bindings),
    {value, Function, _} = erl_eval:expr(Fun, Bound),
    {replace_state, Function}.
