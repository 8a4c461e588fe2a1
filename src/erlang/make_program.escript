#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%
%% make_program.escript OUT.cpp FUNCTION [--part | --used-by OTHER.erl] MODULE.erl.. [--loaded FILE]
%%
%% Turns modules, the first of which has main(Argument, Client, Ref), into a C++ source with the function
%% FUNCTION, which returns them as one erlrc::Program: abstract expressions in the external term format that
%% erl_eval of any OTP release evaluates.
%%
%% A call of a local function goes through the handler that erl_eval has for those: it finds the function by
%% name and arity and evaluates it, as escript does for scripts that are not compiled. Making a fun of each
%% function instead costs erl_eval a walk through all of the code.
%%
%% The functions travel packed. A run needs some of them only, and clauses are full of atoms, each of which
%% the node looks up in its table: that takes longer than all else about reading them. So a function is
%% unpacked, into the dictionary of the process, when it is called for the first time.
%%
%% The functions of all modules are local to the program: a module imports what it uses of another, and no two
%% functions have the same name and arity. Modules cannot use records and `fun f/2' of a local function. If
%% main(Argument, Client, Ref), so written, is the only function, its body alone travels.
%%
%% To interpret what a long run needs takes longer than to load it. So the functions that FILE names, those
%% that any long run needs, are compiled, too, as modules, for a node that can load them (erlrc_beam). To
%% load all of them would take longer than to interpret what is seldom needed. The handler interprets what the
%% compiled functions call of the others; what these call of them is in the dictionary as a fun.
-mode(compile).

main([Out, Function, "--part" | Sources]) ->
    make(Out, Function, Sources, part);
main([Out, Function, "--used-by", Other | Sources]) ->
    make(Out, Function, Sources, {used_by, Other});
main([Out, Function | Sources]) ->
    make(Out, Function, Sources, whole).

make(Out, Function, Arguments, Extent) ->
    {Sources, Lists} = lists:splitwith(fun(Argument) -> Argument =/= "--loaded" end, Arguments),
    Modules = [parse(Source) || Source <- Sources],
    check_imports(Modules, case Extent of {used_by, Other} -> [parse(Other)]; _ -> [] end, Extent),
    Defined = [{{Name, Arity}, [strip(Clause) || Clause <- Clauses]}
               || {function, _, Name, Arity, Clauses} <- functions(Modules)],
    Names = [Name || {Name, _} <- Defined],
    case lists:usort(Names -- lists:usort(Names)) of
        [] -> ok;
        Twice -> wrong("defined in two modules: ~0p", [Twice])
    end,
    Named = case Lists of [] -> []; ["--loaded", List] -> named(List, Names) end,
    {Expressions, Functions} = program(Defined),
    Beam = case Named of [] -> <<>>; _ -> encode(beams(Modules, Named)) end,
    Arrays = [{"forms", encode(Expressions)}, {"functions", Functions}, {"beam", Beam}],
    ok = file:write_file(Out, source(hd(Sources), Function, Arrays)).

%% {Source, Forms}. The compiler knows better than erl_eval what is wrong, and where.
parse(Source) ->
    {ok, Forms} = epp:parse_file(Source, []),
    case [F || {error, _} = F <- Forms] of
        [] -> ok;
        Errors -> wrong("~ts: ~tp", [Source, Errors])
    end,
    case compile:forms(Forms, [return, strong_validation]) of
        {ok, _, []} -> ok;
        {ok, _} -> ok;
        Other -> wrong("~ts: ~tp", [Source, Other])
    end,
    {Source, Forms}.

%% Nor does the compiler look into other modules. A program that shares its modules with another one (--part)
%% need not use all that they export; of the latter it is known what else the former imports (--used-by).
check_imports(Modules, Others, Extent) ->
    Exported = lists:usort([{Module, F} || {_, Forms} <- Modules, {attribute, _, module, Module} <- Forms,
                                           {attribute, _, export, Fs} <- Forms, F <- Fs, F =/= {main, 3}]),
    Imported = imported(Modules),
    case {Imported -- Exported, (Exported -- Imported) -- imported(Others)} of
        {[], []} -> ok;
        {[], _} when Extent =:= part -> ok;
        {[], Unused} -> wrong("exported and nowhere imported: ~0p", [Unused]);
        {Missing, _} -> wrong("imported and nowhere exported: ~0p", [Missing])
    end.

imported(Modules) ->
    lists:usort([{Module, F} || {_, Forms} <- Modules,
                                {attribute, _, import, {Module, Fs}} <- Forms, F <- Fs]).

wrong(Format, Args) ->
    io:format(standard_error, Format ++ "~n", Args),
    halt(1).

program([{{main, 3}, [{clause, _, [{var, _, 'Argument'}, {var, _, 'Client'}, {var, _, 'Ref'}], [],
                       Body}]}]) ->
    {Body, <<>>};
%% Functions: a map from each {Name, Arity} to the packed function.
program(Defined) ->
    {expressions(handler()), encode(maps:from_list([{Name, pack(Clauses)} || {Name, Clauses} <- Defined]))}.

%% [{Name, Arity}] that a file names, each in a line of its own.
named(File, Defined) ->
    {ok, Content} = file:read_file(File),
    Names = [begin
                 [Name, Arity] = binary:split(Line, <<"/">>),
                 {binary_to_atom(Name), binary_to_integer(Arity)}
             end || Line <- binary:split(Content, <<"\n">>, [global]), Line =/= <<>>],
    Never = [{main, 3}, {prepare_beam, 0}, {load_beam, 1}, {remove_beam, 0}, {note_functions, 1},
             {have_no_old_code, 1}],
    [wrong("~ts: ~0p is called where nothing is loaded", [File, Name])
     || Name <- Names, lists:member(Name, Never)],
    Unknown = Names -- Defined,
    Unknown =:= [] orelse wrong("~ts: not defined: ~0p; rename it there, or remove it", [File, Unknown]),
    Names.

%% {Oldest, [{Module, Code}]}: the first OTP release that can load the named functions, and these as modules.
%% To prepare one keeps a scheduler of the node for as long as the code is, so there are several. Their names
%% have a digest of all, so that versions of erlrc do not meet in a node.
beams(Modules, Named) ->
    {Loaded, Others} = lists:partition(fun({_, _, Name, Arity, _}) -> lists:member({Name, Arity}, Named) end,
                                       functions(Modules)),
    {Oldest, Options} = oldest_release(),
    <<Digest:8/binary, _/binary>> = hex(erlang:md5(term_to_binary([strip(F) || F <- Loaded], options()))),
    Parts = [{list_to_atom("erlrc_run_" ++ binary_to_list(Digest) ++ [$_, Letter]), Part}
             || {Letter, Part} <- lists:zip("abc", in_three(Loaded))],
    Where = maps:from_list([{{Name, Arity}, Module} || {Module, Part} <- Parts,
                                                       {function, _, Name, Arity, _} <- Part]),
    {Oldest, [beam(Module, Part, {Where, Loaded, Others}, Options) || {Module, Part} <- Parts]}.

%% In parts that are about as large.
in_three(Functions) ->
    {Placed, Size} = lists:mapfoldl(fun(F, Before) -> {{Before, F}, Before + erts_debug:flat_size(F)} end,
                                    0, Functions),
    [[F || {Before, F} <- Placed, 3 * Before div Size =:= N] || N <- [0, 1, 2]].

beam(Module, Part, {Where, Loaded, Others}, Options) ->
    Forms = [{attribute, 1, module, Module},
             {attribute, 1, export, called((Loaded -- Part) ++ Others, Part)}
             | [interpreted(F) || F <- called(Part, Others)] ++ [elsewhere(F, Module, Where) || F <- Part]],
    {ok, Module, Code} = compile:forms(Forms, [deterministic, no_line_info | Options]),
    {beam_file, Module, _, _, _, Functions} = beam_disasm:file(Code),
    [wrong("~0p/~0p: makes a binary, with an instruction that OTP 29 does not have", [Name, Arity])
     || {function, Name, Arity, _, Instructions} <- Functions, Instruction <- Instructions,
        is_tuple(Instruction), lists:prefix("bs_init", atom_to_list(element(1, Instruction)))],
    {Module, Code}.

%% The same with calls of other modules where those have the function.
elsewhere({call, Anno, {atom, _, Name} = Function, Args}, Module, Where) ->
    Called = case Where of
                 #{{Name, length(Args)} := Other} when Other =/= Module ->
                     {remote, Anno, {atom, Anno, Other}, Function};
                 _ ->
                     Function
             end,
    {call, Anno, Called, elsewhere(Args, Module, Where)};
elsewhere(Form, Module, Where) when is_tuple(Form) ->
    list_to_tuple(elsewhere(tuple_to_list(Form), Module, Where));
elsewhere([Form | Rest], Module, Where) ->
    [elsewhere(Form, Module, Where) | elsewhere(Rest, Module, Where)];
elsewhere(Form, _, _) ->
    Form.

hex(Bytes) ->
    << <<(element(Digit + 1, list_to_tuple("0123456789abcdef")))>> || <<Digit:4>> <= Bytes >>.

functions(Modules) ->
    [Form || {_, Forms} <- Modules, {function, _, _, _, _} = Form <- Forms].

%% [{Name, Arity}] that some functions call of others.
called(Functions, Others) ->
    Names = [{Name, Arity} || {function, _, Name, Arity, _} <- Others],
    [F || F <- lists:usort(calls(Functions)), lists:member(F, Names)].

%% [{Name, Arity}] of all calls of functions of the program within a form.
calls({call, _, {atom, _, Name}, Args}) -> [{Name, length(Args)} | calls(Args)];
calls(Form) when is_tuple(Form) -> calls(tuple_to_list(Form));
calls([Form | Rest]) -> calls(Form) ++ calls(Rest);
calls(_) -> [].

%% What is not loaded.
interpreted({Name, Arity}) ->
    Args = lists:join(", ", ["A" ++ integer_to_list(N) || N <- lists:seq(1, Arity)]),
    form("~w(~s) -> (get(erlrc_interpret))(~w, [~s]).", [Name, Args, Name, Args]).

form(Format, Args) ->
    {ok, Tokens, _} = erl_scan:string(lists:flatten(io_lib:format(Format, Args))),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

%% The compiler of OTP 25 can do without the instructions that OTP 24 does not have. It keeps such
%% an option as it is, if it does not know it, and makes others of it, if it does.
oldest_release() ->
    {ok, Module, Code} = compile:forms([{attribute, 1, module, erlrc_probe}], [r24]),
    {ok, {Module, [{compile_info, Info}]}} = beam_lib:chunks(Code, [compile_info]),
    case lists:member(r24, proplists:get_value(options, Info)) of
        true -> {list_to_integer(erlang:system_info(otp_release)), []};
        false -> {24, [r24]}
    end.

encode(Term) ->
    <<131, Encoded/binary>> = term_to_binary(Term, options()),
    Encoded.

%% Compressed: to send it would take longer than to inflate what is used.
pack(Clauses) ->
    term_to_binary(as_case(Clauses), [{compressed, 9} | options()]).

%% The clauses of a function as those of a case of the list of its arguments. The handler is evaluated, too,
%% and has the least to do then.
as_case(Clauses) ->
    {'case', 1, {var, 1, ' args'},
     [{clause, 1, [lists:foldr(fun(Pattern, List) -> {cons, 1, Pattern, List} end, {nil, 1}, Patterns)],
       Guards, Body} || {clause, _, Patterns, Guards, Body} <- Clauses]}.

%% The order of a large map is another one in each run of the emulator, unless it is asked not to be.
options() ->
    [deterministic, {minor_version, 2}].

%% Evaluates main/3 with the variables Functions, Beam, Argument, Client and Ref that the sender binds.
handler() ->
    "Interpret = fun Call(Name, Args) ->"
    "  case get({Name, length(Args)}) of"
    "    undefined ->"
    "      put({Name, length(Args)}, binary_to_term(maps:get({Name, length(Args)}, Functions))),"
    "      Call(Name, Args);"
    "    {'case', _, _, _} = Case ->"
    "      element(2, erl_eval:expr(Case, [{' args', Args}], {value, Call}));"
    "    Compiled ->"
    "      apply(Compiled, Args)"
    "  end"
    " end,"
    "put(erlrc_beam, Beam),"
    "put(erlrc_interpret, Interpret),"
    "Interpret(main, [Argument, Client, Ref]).".

expressions(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    [strip(Expression) || Expression <- Expressions].

strip(Form) -> erl_parse:map_anno(fun(_) -> 1 end, Form).

source(Source, Function, Encoded) ->
    Name = filename:basename(Source, ".erl"),
    ["// Made from ", filename:basename(Source), " by make_program.escript.\n"
     "#include <erlrc/erlang/program.hpp>\n\n"
     "namespace erlrc {\nnamespace {\n\n",
     [["const unsigned char ", Array, "[] = {\n", bytes(Bytes), "0};\n\n"] || {Array, Bytes} <- Encoded],
     "}  // namespace\n\n"
     "Program ", Function, "() {\n"
     "  return {\"", Name, "\"",
     [[",\n          {reinterpret_cast<const char*>(", Array, "), sizeof ", Array, " - 1}"]
      || {Array, _} <- Encoded],
     "};\n}\n\n}  // namespace erlrc\n"].

bytes(Encoded) ->
    [[io_lib:format("~b,", [Byte]) || <<Byte>> <= Row] ++ "\n" || Row <- rows(Encoded)].

rows(<<Row:24/binary, Rest/binary>>) -> [Row | rows(Rest)];
rows(Last) -> [Last].
