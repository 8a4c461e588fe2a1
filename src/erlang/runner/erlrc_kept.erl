%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The states of processes, as the undo needs them.
%%
%% A state that is asked for is copied. A big one takes time for that, while its process waits, and memory. So
%% it stays where it is: the process keeps it in its dictionary, next to the state that comes of it, with
%% which it shares most. Here {erlrc_kept, Key} stands for it. All that is done with it is done by funs that
%% the process evaluates, as for sys:replace_state/2. What sys then sends is the whole state once more, so
%% that goes to a process that is gone, for which nothing is copied. A fun of ours would take a copy of this
%% whole program along, so erl_eval makes them.
%%
%% The state of a supervisor is what is needed of it: its children.
-module(erlrc_kept).
-export([ask_states/1, await_done/2, fetched/2, forget_states/0, in_process/3, is_same/4, kept_replies/3,
         outlines/2, put_back/2, send_back/2]).
-import(erlrc_call, [limit/2]).
-import(erlrc_journal, [recall/1, record/2]).

%% In words. To copy a smaller state takes less than a millisecond.
-define(big, 131072).

%% {Sent, Kept}: a request to each of the processes, and #{Pid => Key} for those that keep their state.
ask_states(Pids) ->
    Sizes = lists:zipwith(fun erlang:process_info/2, Pids, lists:duplicate(length(Pids), total_heap_size)),
    case [Words || {_, Words} <- lists:usort(Sizes), Words >= ?big] of
        [] ->
            {ask_each(Pids, lists:duplicate(length(Pids), get_state)), #{}};
        _ ->
            Key = keep([Pid || {Pid, {_, Words}} <- lists:zip(Pids, Sizes), Words >= ?big,
                               not lists:keymember(Pid, 1, recall(supervisors))]),
            Kept = maps:from_list([Row || {_, Own} = Row <- recall(kept), Own =:= Key]),
            {ask_each(Pids, [case Kept of #{Pid := _} -> done(); _ -> get_state end || Pid <- Pids]), Kept}
    end.

%% The key under which they keep it from now on: a list of one state, or of the handlers of a gen_event.
keep(Pids) ->
    Key = {erlrc_state, make_ref()},
    record(kept, [{Pid, Key} || Pid <- Pids] ++ recall(kept)),
    in_process(Pids, "fun(State) ->"
                 "  put(Key, case get(Key) of undefined -> [State]; Others -> [State | Others] end),"
                 "  throw(kept) "
                 "end.", [{'Key', Key}]),
    Key.

ask_each(Pids, Requests) ->
    lists:zipwith3(fun gen:send_request/3, Pids, lists:duplicate(length(Pids), system), Requests).

%% A request with a short answer: when that has come, those before it were handled.
done() ->
    {debug, {statistics, get}}.

%% The replies to these requests, with what stands for the kept states; Tagged as in erlrc_sys.
kept_replies(Pids, Replies, {Kept, Tagged}) ->
    [case {Kept, Reply} of
         {#{Pid := Key}, {reply, _}} when Tagged -> {reply, {ok, {erlrc_kept, Key}}};
         {#{Pid := Key}, {reply, _}} -> {reply, {erlrc_kept, Key}};
         _ -> Reply
     end || {Pid, Reply} <- lists:zip(Pids, Replies)].

%% Whether two states of a process are the same.
is_same(Pid, {erlrc_kept, One}, {erlrc_kept, Other}, C) ->
    Ref = make_ref(),
    in_process([Pid], "fun(_) ->"
                  "  Client ! {Ref, is_list(get(One)) andalso get(One) =:= get(Other)},"
                  "  throw(kept) "
                  "end.",
           [{'Client', self()}, {'Ref', Ref}, {'One', One}, {'Other', Other}]),
    await_done(Pid, C),
    receive {Ref, IsSame} -> flush(Ref), IsSame after 0 -> false end;
is_same(_, State, Other, _) ->
    State =:= Other.

%% A gen_event calls the fun for each of its handlers.
flush(Ref) ->
    receive {Ref, _} -> flush(Ref) after 0 -> ok end.

await_done(Pid, C) ->
    [Sent] = ask_each([Pid], [done()]),
    gen:wait_response(Sent, limit(standard, C)).

%% The process takes the state that it has kept, when it comes to that.
send_back(Pid, Key) ->
    in_process([Pid], "fun(Current) ->"
                  "  case get(Key) of"
                  "    [State] -> State;"
                  "    Handlers -> [Handler] = [H || {M, Id, _} = H <- Handlers, M =:= element(1, Current),"
                  "                                  Id =:= element(2, Current)], Handler"
                  "  end "
                  "end.", [{'Key', Key}]).

%% Whether it has taken it.
put_back({Pid, Key}, C) ->
    send_back(Pid, Key),
    is_same(Pid, {erlrc_kept, Key}, {erlrc_kept, keep([Pid])}, C).

%% [{Pid, [Outline]}]: the states with their atoms, tuples in a tuple and structs, without what else is in
%% them. A gen_event has one for each handler.
outlines([], _) ->
    [];
outlines(Pids, C) ->
    Ref = make_ref(),
    in_process(Pids, "fun(State) ->"
               "  Of = fun Of(Term, Depth) ->"
               "    case Term of"
               "      _ when is_atom(Term) -> Term;"
               "      #{'__struct__' := Module} ->"
               "        maps:map(fun(Key, _) -> case Key of '__struct__' -> Module; _ -> kept end end, Term);"
               "      _ when is_map(Term), map_size(Term) < 65 -> maps:map(fun(_, _) -> kept end, Term);"
               "      _ when is_tuple(Term), Depth > 0 ->"
               "        list_to_tuple([Of(Each, Depth - 1) || Each <- tuple_to_list(Term)]);"
               "      _ -> kept"
               "    end"
               "  end,"
               "  Client ! {Ref, self(), Of(State, 3)},"
               "  throw(kept) "
               "end.", [{'Client', self()}, {'Ref', Ref}]),
    lists:foreach(fun(Pid) -> await_done(Pid, C) end, Pids),
    Answers = outlined(Ref),
    [{Pid, [Outline || {From, Outline} <- Answers, From =:= Pid]}
     || Pid <- Pids, lists:keymember(Pid, 1, Answers)].

outlined(Ref) ->
    receive {Ref, Pid, Outline} -> [{Pid, Outline} | outlined(Ref)] after 0 -> [] end.

%% The state itself, read from a process that need not answer; none if it is gone.
fetched(Pid, {erlrc_kept, Key}) ->
    case process_info(Pid, dictionary) of
        {_, Dictionary} ->
            case lists:keyfind(Key, 1, Dictionary) of
                {_, [State]} -> State;
                {_, Handlers} -> lists:reverse(Handlers);
                false -> none
            end;
        undefined ->
            none
    end;
fetched(_, State) ->
    State.

%% When nothing can be rolled back any longer. No process is waited for.
forget_states() ->
    [in_process([Pid], "fun(_) -> erase(Key), throw(kept) end.", [{'Key', Key}])
     || {Pid, Key} <- record(kept, [])].

in_process(Pids, Text, Bindings) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, [Expression]} = erl_parse:parse_exprs(Tokens),
    Bound = lists:foldl(fun({Name, Value}, Known) -> erl_eval:add_binding(Name, Value, Known) end,
                        erl_eval:new_bindings(), Bindings),
    {value, Fun, _} = erl_eval:expr(Expression, Bound),
    Gone = gone(),
    lists:foreach(fun(Pid) -> Pid ! {system, {Gone, make_ref()}, {replace_state, Fun}} end, Pids).

gone() ->
    {Pid, Monitor} = spawn_monitor(erlang, node, []),
    receive {'DOWN', Monitor, process, Pid, _} -> Pid end.
