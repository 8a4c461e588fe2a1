%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Time limits, and calls of foreign code that end with them.
-module(erlrc_call).
-export([await/2, begin_call/3, bounded/4, briefly/4, check_deadline/1, hook/4, left/1, limit/2, now_ms/0,
         us_since/1]).
-import(erlrc_text, [exception/3, fail/2, short/1, text/2]).

now_ms() ->
    erlang:monotonic_time(millisecond).

us_since(Began) ->
    erlang:convert_time_unit(erlang:monotonic_time() - Began, native, microsecond).

left(#{deadline := Deadline}) ->
    max(0, Deadline - erlang:monotonic_time(millisecond)).

%% A limit of an instruction in milliseconds, cut to what is left for the whole plan.
limit(standard, #{deadline := Deadline}) -> min(5000, max(0, Deadline - erlang:monotonic_time(millisecond)));
limit(infinity, C) -> left(C);
limit(Ms, C) -> min(Ms, left(C)).

check_deadline(#{deadline := Deadline}) ->
    erlang:monotonic_time(millisecond) < Deadline orelse fail("the time limit is over", []).

%% Calls M:F in a process of its own. Returns what it returns, {raised, Text}, or timeout when the plan's time
%% is over; then the process is killed. Foreign code must not be able to stop the plan.
bounded(M, F, A, C) ->
    await(begin_call(M, F, A), C).

%% The same for requests that a process answers at once if it is well.
briefly(M, F, A, C) ->
    bounded(M, F, A, C#{deadline => now_ms() + limit(standard, C)}).

%% Begins a call and returns at once; await/2 returns its result. The process begins in the function with
%% which nodes call each other since OTP 23 (erpc): a fun of ours would take a copy of this whole program with
%% it. The result may be large (the configuration, code that is ready to be loaded), so it ignores the node's
%% max_heap_size.
begin_call(M, F, A) ->
    Id = make_ref(),
    {Id, spawn_opt(erpc, execute_call, [Id, M, F, A], [monitor, {max_heap_size, 0}]), {M, F, A}}.

await({Id, Process, Called}, C) ->
    case await_call(Id, Process, Called, C) of
        {returned, Value} -> Value;
        Failed -> Failed
    end.

%% Calls code of the application: {returned, Value}, or as bounded/4. What the call links to itself must
%% outlive it, so its process sends the result and ends normally.
hook(M, F, A, C) ->
    Id = make_ref(),
    {ok, Tokens, _} = erl_scan:string("Client ! {Id, try {return, apply(M, F, A)}"
                                      "  catch Class:Reason:Stack -> {Class, Reason, Stack} end}."),
    {ok, Call} = erl_parse:parse_exprs(Tokens),
    Bindings = lists:foldl(fun({Name, Value}, Known) -> erl_eval:add_binding(Name, Value, Known) end,
                           erl_eval:new_bindings(),
                           [{'Client', self()}, {'Id', Id}, {'M', M}, {'F', F}, {'A', A}]),
    await_call(Id, spawn_monitor(erl_eval, exprs, [Call, Bindings]), {M, F, A}, C).

await_call(Id, {Pid, Monitor}, Called, #{deadline := Deadline}) ->
    receive
        {Id, {return, Value}} -> demonitor(Monitor, [flush]), {returned, Value};
        {Id, {Class, Reason, Stack}} ->
            demonitor(Monitor, [flush]),
            {raised, exception(Class, Reason, place(Called, Stack))};
        {'DOWN', Monitor, process, Pid, {Id, return, Value}} -> {returned, Value};
        {'DOWN', Monitor, process, Pid, {Id, Class, Reason}} -> {raised, exception(Class, Reason, [])};
        {'DOWN', Monitor, process, Pid, {Id, Class, Reason, Stack}} ->
            {raised, exception(Class, Reason, place(Called, Stack))};
        {'DOWN', Monitor, process, Pid, Reason} -> {raised, text("exit ~ts", [short(Reason)])}
    after max(0, Deadline - erlang:monotonic_time(millisecond)) ->
        demonitor(Monitor, [flush]),
        exit(Pid, kill),
        timeout
    end.

%% The stack without the evaluator: built-in functions are in no stack themselves.
place({M, F, A}, Stack) ->
    case Stack of
        [{Evaluator, _, _, _} | _] when Evaluator =:= erl_eval; Evaluator =:= erpc -> [{M, F, A, []}];
        _ -> Stack
    end.
