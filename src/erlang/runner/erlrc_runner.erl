%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Runs a plan on the node, all or nothing.
%%
%% The plan comes from the planner outside (src/plan) as a list of steps. Before a step changes something, it
%% writes into the journal what undoes the change. If a step fails, the run is rolled back: the undo goes from
%% the newest entry of the journal to the oldest, so each finds the node just as its step left it. erlrc_step
%% explains what a kind of step consists of, erlrc_journal the state of a run.
%%
%% The planner decides what to do. The runner decides only about what the moment shows: which processes are
%% late, die or are started meanwhile, and how a process gets its state back.
%%
%% For hot operations the build makes one program of these modules: abstract expressions, which erl_eval
%% evaluates on any OTP from 23 on, in embedded mode and without sasl, and beams with what each upgrade
%% needs of them (make_program.escript explains what that asks of the code here). For a boot (erlrc_starts)
%% they are modules of the application erlrc. Each imports only from those that it builds on:
%%
%%   runner  ->  run  ->  rollback  ->  step
%%           ->  turn, beam, ending, later
%%                                   ->  app_steps        ->  app, call
%%                                   ->  path_steps       ->  path
%%                                   ->  code_steps       ->  code, lambda, table_lambda, origin, library,
%%                                                            pins, ports, mapped, elf, stranded, undo_code,
%%                                                            rows
%%                                   ->  process_steps    ->  suspend, conversion, change, late, stranded,
%%                                                            rows  ->  earlier  ->  states  ->  known,
%%                                                            shape, record;
%%                                                            rows, lambda  ->  table_owner, tables;
%%                                                            ending, effects, revive, undo_suspension,
%%                                                            undo_conversion, explain, later
%%                                   ->  child_steps      ->  foresee  ->  children, init, supervisor,
%%                                                            predict, restart
%%                                   ->  call_steps       ->  otp
%%   all of these  ->  once, outside  ->  tree  ->  census  ->  kinds, look  ->  sys  ->  kept  ->  call
%%                 ->  journal, printed, text
%%
%% Everything that calls foreign code (callbacks, the application controller) is bounded in time.
%%
%% What is interpreted (a start, a stop, what is seldom needed, all of it on OTP 23) is slow: some
%% microseconds for a call of a function, more for the making of a fun. So where processes are suspended,
%% and for what is done with each of many modules, library functions and comprehensions do the work. A fun
%% that another process gets is made by erl_eval: one of ours would end with the beams, or take the whole
%% program along.
%%
%% main/3 is interpreted: it loads the beams. So it contains only what has to happen before that.
-module(erlrc_runner).
-export([main/3]).
-import(erlrc_beam, [load_beam/1, prepare_beam/0, remove_beam/0]).
-import(erlrc_call, [left/1, now_ms/0]).
-import(erlrc_code, [purge/2]).
-import(erlrc_ending, [calls_hooks/1, loses_states/1, may_stop/1, removes/1, starts_apps/1,
                       starts_children/1]).
-import(erlrc_journal, [context/1, new_record/0]).
-import(erlrc_kept, [forget_states/0]).
-import(erlrc_later, [end_waiting/1]).
-import(erlrc_run, [ended/1, failed/4, run/2]).
-import(erlrc_text, [text/2]).
-import(erlrc_turn, [take_turn/1]).

main(Plan, Client, Ref) ->
    Beam = prepare_beam(),
    %% The node's own limit for heaps would end this process halfway, with all suspended.
    process_flag(max_heap_size, 0),
    %% Output and log events of the steps belong to the node, not to a client that may be gone.
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    process_flag(trap_exit, true),
    %% What is interpreted is data on the heap, and most of the time would go into copying that around.
    process_flag(min_heap_size, 500000),
    #{limit := Limit, prepare := Prepare} = Plan,
    Began = now_ms(),
    %% From the beginning: later its name may be that of another client.
    Monitor = case Prepare of true -> monitor(process, Client); false -> none end,
    case is_map_key(part, Plan) orelse take_turn(#{deadline => Began + Limit}) of
        true ->
            %% Part of a boot: the lock is held and the boot does the logging.
            #{steps := Steps} = Plan,
            {Result, _} = run(Steps, plan_context(Plan, Began)),
            send(Client, {Ref, Result});
        ok ->
            load_beam(Beam),
            run_and_conclude(Plan, Began, Monitor, Client, Ref),
            remove_beam();
        {busy, Other} ->
            send(Client, {Ref, {busy, text("another run of erlrc (~p) is at work on this node", [Other])}})
    end.

%% Begins the journal, too.
plan_context(#{steps := Steps, limit := Limit} = Plan, Began) ->
    new_record(),
    %% Steps that only look may be run without the others.
    Whole = maps:get(whole, Plan, Steps),
    (context(Began + Limit))#{
        patience := Began + Limit div 2, verdict => Began + maps:get(verdict, Plan, Limit),
        to_convert := conversions(Steps), later := maps:get(later, Plan, {[], []}),
        calls_hooks := calls_hooks(Whole), may_stop := may_stop(Whole), loses_states := loses_states(Whole),
        removed := removes(Whole), starts := starts_apps(Whole), starts_children := starts_children(Whole)}.

run_and_conclude(#{steps := Steps} = Plan, Began, Monitor, Client, Ref) ->
    C = plan_context(Plan, Began),
    {Result, #{stays := Stays, nifs := Nifs, purges := Purges, backup := Backup}} = run(Steps, C),
    log(Result),
    Record = maps:get(commit_record, Plan, <<>>),
    Final = await_verdict(Result, Record, Monitor, Client, Ref, C#{stays := Stays, nifs := Nifs}),
    send(Client, {Ref, Final}),
    forget_states(),
    element(1, Final) =:= done andalso begin
        end_waiting(Plan),
        purge(Purges, Backup)
    end.

%% A client that is gone cannot be connected to.
send(Client, Message) ->
    erlang:send(Client, Message, [noconnect]).

conversions(Steps) ->
    [[Module || {Module, _, _} <- Items] || {processes, {convert_processes, _, Items}} <- Steps].

%% Several nodes are upgraded together: a node that is prepared keeps its journal until the client has heard
%% of all others and sends the verdict, commit or roll_back. A client that vanishes meanwhile was killed. If
%% it had decided to commit, it has left a file, and other nodes may have heard of it; otherwise its package
%% manager puts the old files back, and the node is rolled back too.
await_verdict({done, Times, Suspended, Remarks}, Record, Monitor, Client, Ref, #{verdict := Until} = C)
  when is_reference(Monitor) ->
    send(Client, {Ref, {prepared, Times, Suspended, Remarks}}),
    Verdict = receive
                  {Ref, V} -> V;
                  {'DOWN', Monitor, process, _, _} -> recorded(Record, roll_back)
              after max(0, Until - now_ms()) -> recorded(Record, too_late)
              end,
    case {Verdict, ended(C)} of
        {commit, none} ->
            {done, Times, Suspended, Remarks};
        {_, Ended} ->
            Why = case Verdict of
                      commit -> Ended;
                      roll_back -> <<"rolled back">>;
                      too_late -> <<"timed out waiting for the other nodes; rolled back">>
                  end,
            Result = failed(length(Times), Why, Times, C),
            log(Result),
            Result
    end;
await_verdict(Result, _, _, _, _, _) ->
    Result.

recorded(Record, Otherwise) ->
    case Record =/= <<>> andalso file:read_file_info(Record, [raw]) of
        {ok, _} -> commit;
        _ -> Otherwise
    end.

log({done, _, _, _}) ->
    ok;
log({failed, N, Why, true, [], _, _, _}) ->
    logger:error("erlrc: step ~p failed and the node was rolled back: ~ts", [N, Why]);
log({failed, N, Why, true, Left, _, _, _}) ->
    logger:error("erlrc: step ~p failed: ~ts; not rolled back: ~0tp", [N, Why, Left]);
log({failed, _, _, false, _, _, _, _}) ->
    ok.
