#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%
%% make_program.escript MODULE.erl OUT.cpp FUNCTION
%%
%% Turns a module with main(Argument, Client, Ref) into a C++ source with the function FUNCTION, which returns it as an
%% erlrc::Program: abstract expressions in the external term format that erl_eval:exprs/2 of any OTP release evaluates.
%%
%% The clauses of all functions travel as one map, a plain value, and a call of a local function goes through the handler
%% that erl_eval has for those: it finds the clauses by name and arity and evaluates the one that matches, as escript does
%% for scripts that are not compiled. Making a fun of each function instead costs erl_eval a walk through all of the code.
%% What the module may not use: records, `fun f/2' of a local function. If main(Argument, Client, Ref), so written, is its
%% only function, its body alone travels.
-mode(compile).

main([Source, Out, Function]) ->
    {ok, Forms} = epp:parse_file(Source, []),
    case [F || {error, _} = F <- Forms] of
        [] -> ok;
        Errors -> io:format(standard_error, "~ts: ~tp~n", [Source, Errors]), halt(1)
    end,
    check(Source, Forms),
    {Expressions, Functions} = program([{{Name, Arity}, [strip(Clause) || Clause <- Clauses]}
                                        || {function, _, Name, Arity, Clauses} <- Forms]),
    ok = file:write_file(Out, source(Source, Function, encode(Expressions), Functions)).

program([{{main, 3}, [{clause, _, [{var, _, 'Argument'}, {var, _, 'Client'}, {var, _, 'Ref'}], [], Body}]}]) ->
    {Body, <<>>};
program(Functions) ->
    {expressions(handler()), encode(maps:from_list(Functions))}.

encode(Term) ->
    <<131, Encoded/binary>> = term_to_binary(Term, [{minor_version, 2}]),
    Encoded.

%% The compiler knows better than erl_eval what is wrong, and says where.
check(Source, Forms) ->
    case compile:forms(Forms, [return, strong_validation]) of
        {ok, _, []} -> ok;
        {ok, _} -> ok;
        Other -> io:format(standard_error, "~ts: ~tp~n", [Source, Other]), halt(1)
    end.

%% Evaluates main/3 with the variables Functions, Argument, Client and Ref that the sender binds.
handler() ->
    "Handler = fun Call(Name, Args) ->"
    "  case erl_eval:match_clause(maps:get({Name, length(Args)}, Functions), Args, [], {value, Call}) of"
    "    {Body, Bindings} -> {value, Value, _} = erl_eval:exprs(Body, Bindings, {value, Call}), Value;"
    "    nomatch -> error({function_clause, Name, Args})"
    "  end"
    " end,"
    "Handler(main, [Argument, Client, Ref]).".

expressions(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    [strip(Expression) || Expression <- Expressions].

strip(Form) -> erl_parse:map_anno(fun(_) -> 1 end, Form).

source(Source, Function, Forms, Functions) ->
    Name = filename:basename(Source, ".erl"),
    ["// Made from ", filename:basename(Source), " by make_program.escript.\n"
     "#include <erlrc/erlang/programs.hpp>\n\n"
     "namespace erlrc {\nnamespace {\n\n"
     "const unsigned char forms[] = {\n", bytes(Forms), "0};\n\n"
     "const unsigned char functions[] = {\n", bytes(Functions), "0};\n\n}  // namespace\n\n"
     "Program ", Function, "() {\n"
     "  return {\"", Name, "\",\n"
     "          {reinterpret_cast<const char*>(forms), sizeof forms - 1},\n"
     "          {reinterpret_cast<const char*>(functions), sizeof functions - 1}};\n}\n\n"
     "}  // namespace erlrc\n"].

bytes(Encoded) ->
    [[io_lib:format("~b,", [Byte]) || <<Byte>> <= Row] ++ "\n" || Row <- rows(Encoded)].

rows(<<Row:24/binary, Rest/binary>>) -> [Row | rows(Rest)];
rows(Last) -> [Last].
