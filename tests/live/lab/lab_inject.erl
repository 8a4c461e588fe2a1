%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Runs the runner (src/erlang/runner) with one of its own functions failing at its Nth call. So every place
%% where a plan changes the node can be made to fail in turn. A second function can fail during the rollback.
-module(lab_inject).
-export([arm/2, count/0, run/4, hit/1, rolling_back/0]).

%% An injection is `none' or {Kind, N}: one for the steps and one for their rollback. Kinds:
%%   journal   fails after the Nth journal entry is written, before the change that it announces
%%   refuse    the Nth call of foreign code is not made, and returns an exception
%%   deny      the Nth call of foreign code is made, and then returns an exception
%%   silence   in the Nth round of system messages, the last process gets no message; its answer is an error
arm(InSteps, InRollback) ->
    persistent_term:put(?MODULE, {InSteps, InRollback}),
    persistent_term:put({?MODULE, struck}, 0),
    ok.

%% The number of injections that took effect.
count() ->
    persistent_term:get({?MODULE, struck}).

%% Evaluates the runner's expressions (Forms) with the replaced functions.
run(Functions, {Forms, Argument}, Client, Ref) ->
    {InSteps, InRollback} = persistent_term:get(?MODULE),
    put(?MODULE, InSteps),
    Kinds = lists:usort([Kind || {Kind, _} <- [InSteps, InRollback]]),
    Replacements = lists:append([replacements(K) || K <- [rollback | Kinds]]),
    Injected = lists:foldl(fun replace/2, Functions, Replacements),
    Bindings = [{'Argument', Argument}, {'Beam', []}, {'Client', Client}, {'Functions', Injected}, {'Ref', Ref}],
    {value, Value, _} = erl_eval:exprs(Forms, Bindings, none),
    Value.

rolling_back() ->
    {_, InRollback} = persistent_term:get(?MODULE),
    put(?MODULE, InRollback).

%% The functions are packed as in make_program.escript.
replace({Name, Arity, Text}, Functions) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, {function, _, Name, Arity, Clauses}} = erl_parse:parse_form(Tokens),
    Real = {list_to_atom("real_" ++ atom_to_list(Name)), Arity},
    #{{Name, Arity} := Packed} = Functions,
    Functions#{Real => maps:get(Real, Functions, Packed),
               {Name, Arity} := term_to_binary(as_case(Clauses))}.

as_case(Clauses) ->
    {'case', 1, {var, 1, ' args'},
     [{clause, 1, [lists:foldr(fun(Pattern, List) -> {cons, 1, Pattern, List} end, {nil, 1}, Patterns)],
       Guards, Body} || {clause, _, Patterns, Guards, Body} <- Clauses]}.

%% The new functions of a kind; the original F is available as real_F.
replacements(rollback) ->
    [{roll_back, 1, "roll_back(C) -> lab_inject:rolling_back(), real_roll_back(C)."}];
replacements(none) ->
    [];
replacements(journal) ->
    [{journal, 2, "journal(Family, Entry) -> real_journal(Family, Entry),"
                  " case lab_inject:hit(journal) of true -> fail(\"injected\", []); false -> ok end."}];
replacements(Kind) when Kind =:= refuse; Kind =:= deny ->
    Calls = "case lab_inject:hit(refuse) of"
            "  true -> {raised, <<\"injected\">>};"
            "  false -> case {lab_inject:hit(deny), real_~ts(M, F, A, C)} of"
            "             {true, _} -> {raised, <<\"injected\">>};"
            "             {false, Value} -> Value"
            "           end end.",
    [{Name, 4, lists:flatten(io_lib:format("~ts(M, F, A, C) -> " ++ Calls, [Name, Name]))}
     || Name <- [bounded, hook]];
replacements(silence) ->
    [{ask, 3, "ask(Requests, Limit, C) ->"
              " case Requests =/= [] andalso lab_inject:hit(silence) of"
              "   true -> {Pid, _} = lists:last(Requests),"
              "           real_ask(lists:droplast(Requests), Limit, C) ++ [{Pid, {reply, {error, injected}}}];"
              "   false -> real_ask(Requests, Limit, C)"
              " end."}].

hit(Kind) ->
    case get(?MODULE) of
        {Kind, 1} ->
            put(?MODULE, none),
            persistent_term:put({?MODULE, struck}, count() + 1),
            true;
        {Kind, N} ->
            put(?MODULE, {Kind, N - 1}),
            false;
        _ ->
            false
    end.
