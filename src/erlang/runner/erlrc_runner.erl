%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Runs a plan on the node, all or nothing.
%%
%% The plan comes from the planner outside (src/plan) as a list of steps. The runner is an interpreter, which decides
%% nothing: erlrc_step has one clause for each kind of step. Before a step changes something, it writes into the journal
%% what takes the change back, and erlrc_undo has one clause for each kind of journal entry. If a step fails, the journal
%% is undone from its newest entry to its oldest, so that each undo finds the node just as its step left it.
%%
%% For hot operations these modules do not run compiled: the build makes one program of them, abstract expressions, which
%% erl_eval evaluates on any OTP from 23 on, in embedded mode and without sasl (make_program.escript says what that asks of
%% the code here). For a boot (erlrc_starts) they are modules of the application erlrc. Each imports only from those that
%% it builds on:
%%
%%   runner  ->  step, undo  ->  children, otp  ->  revive, suspend  ->  restart, conversion  ->  app, code, path, tree  ->  sys, turn  ->  call
%%           ->  journal, text
%%
%% Everything that calls foreign code (callbacks, the application controller) is bounded in time.
%%
%% What is interpreted is slow: some microseconds for a call of a function, more for the making of a fun. So where processes
%% are suspended, and for what is done with each of many modules, library functions and comprehensions do the work.
-module(erlrc_runner).
-export([main/3]).
-import(erlrc_app, [has_ended/2]).
-import(erlrc_call, [check_deadline/1, left/1, now_ms/0]).
-import(erlrc_code, [purge/1]).
-import(erlrc_step, [step/2]).
-import(erlrc_sys, [suspended_us/0]).
-import(erlrc_text, [exception/3, text/2]).
-import(erlrc_turn, [take_turn/1]).
-import(erlrc_undo, [undo_all/0]).

main(Plan, Client, Ref) ->
    %% A limit that the node has for the heaps of all would end this one halfway, with all suspended.
    process_flag(max_heap_size, 0),
    %% Output and log events of the steps belong to the node, not to a client that may be gone.
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    process_flag(trap_exit, true),
    %% Its code is data on its heap, and most of the time would go into copying that around.
    process_flag(min_heap_size, 500000),
    #{steps := Steps, limit := Limit, hold := Hold} = Plan,
    put(journal, []),
    put(times, []),
    put(remarks, []),
    put(asleep, []),
    put(suspension, none),
    C = #{deadline => now_ms() + Limit, kept => #{}, code => #{}, suspended => #{}, vsns => #{}, converted => #{},
          ready => none, preparing => [], tree => #{}, trees => [], terminated => [], hold => Hold},
    put(purges, []),
    %% From the beginning: later its name may be that of another client.
    put(client, case Hold of true -> monitor(process, Client); false -> none end),
    case is_map_key(part, Plan) orelse take_turn(C) of
        true ->
            %% Of a boot, which has the turn, and tells the log itself.
            tell(Client, {Ref, run(Steps, C)});
        ok ->
            Result = run(Steps, C),
            log(Result),
            Settled = hold(Result, Hold, Client, Ref, C),
            tell(Client, {Ref, Settled}),
            element(1, Settled) =:= done andalso purge(get(purges));
        {busy, Other} ->
            tell(Client, {Ref, {busy, text("another run of erlrc (~p) is at work on this node", [Other])}})
    end.

%% Nobody can call a client that is gone.
tell(Client, Message) ->
    erlang:send(Client, Message, [noconnect]).

run(Steps, C) ->
    case steps(Steps, 0, C) of
        {done, Final} ->
            case ended(Final) of
                none -> {done, times(), suspended_us(), lists:reverse(get(remarks))};
                Why -> take_back(length(Steps), Why)
            end;
        {failed, N, Why, _} ->
            take_back(N, Why)
    end.

take_back(N, Why) ->
    Touched = get(journal) =/= [],
    Left = undo_all(),
    {failed, N, Why, Touched, Left, times(), suspended_us(), lists:reverse(get(remarks))}.

%% An application may not survive its new code, and be it for one process that fails as soon as it goes on.
ended(C) ->
    case get(stays) of
        {App, _} -> case has_ended(App, C) of true -> text("~ts: runs no longer", [App]); false -> none end;
        undefined -> none
    end.

%% Several nodes are upgraded together: each keeps its journal until the client knows how the others fared. A client that
%% vanishes meanwhile was killed; its package manager then puts the old files back, so the node goes back too.
hold({done, Times, Suspended, Remarks}, true, Client, Ref, C) ->
    Monitor = get(client),
    tell(Client, {Ref, {held, Times, Suspended, Remarks}}),
    Verdict = receive
                  {Ref, V} -> V;
                  {'DOWN', Monitor, process, _, _} -> take_back
              after left(C) + 5000 -> too_late
              end,
    case {Verdict, ended(C)} of
        {keep, none} ->
            {done, Times, Suspended, Remarks};
        {_, Ended} ->
            Why = case Verdict of
                      keep -> Ended;
                      take_back -> <<"taken back">>;
                      too_late -> <<"it waited too long to hear of the other nodes, and went back">>
                  end,
            Result = take_back(length(Times), Why),
            log(Result),
            Result
    end;
hold(Result, _, _, _, _) ->
    Result.

log({done, _, _, _}) ->
    ok;
log({failed, N, Why, true, [], _, _, _}) ->
    logger:error("erlrc: step ~p failed and all was undone: ~ts", [N, Why]);
log({failed, N, Why, true, Left, _, _, _}) ->
    logger:error("erlrc: step ~p failed: ~ts; not undone: ~0tp", [N, Why, Left]);
log({failed, _, _, false, _, _, _, _}) ->
    ok.

steps([], _, C) ->
    {done, C};
steps([{_, Step} | Rest], N, C) ->
    Began = erlang:monotonic_time(),
    Result = try
                 check_deadline(C),
                 {ok, step(Step, C)}
             catch
                 throw:{fail, Why} -> {failed, N, Why, C};
                 Class:Reason:Stack -> {failed, N, exception(Class, Reason, Stack), C}
             end,
    put(times, [{N, erlang:monotonic_time() - Began} | get(times)]),
    case Result of
        {ok, NewC} -> steps(Rest, N + 1, NewC);
        Failed -> Failed
    end.

times() ->
    [{N, erlang:convert_time_unit(Time, native, microsecond)} || {N, Time} <- lists:reverse(get(times))].
