%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What a function of some version of a module returns, found without loading that version and without any
%% effect on the node.
%%
%% The function is evaluated from the debug information of its module, and so is what it calls, version by
%% version. A call to another module is made only if that is known to compute, or to look something up.
%% Messages, and everything else that is not known, end the evaluation: then the result is unknown.
%%
%% The verdict is in the record because the evaluated code may catch the exception that ends it.
-module(erlrc_predict).
-export([predict/5, read_code/1, takes/5]).
-import(erlrc_call, [now_ms/0]).
-import(erlrc_journal, [recall/1, record/2, record_in/3]).
-import(erlrc_text, [exception/3, module_name/1, text/2]).

%% {ok, Value}, {starts, Children, Options} if it calls Elixir's Supervisor.start_link(children, options),
%% {raised, Text}, or {unknown, Text}. Beams: #{Module => Beam} of the version; other modules as they are.
predict(M, F, A, Beams, #{deadline := Deadline}) ->
    record(verdict, none),
    Context = {Beams, min(Deadline, now_ms() + 2000)},
    Result = try
                 case evaluate(M, F, A, Context) of
                     none -> {unknown, <<"code without debug information">>};
                     {value, Value} -> {ok, Value}
                 end
             catch
                 Class:Reason:Stack -> {raised, exception(Class, Reason, Stack)}
             end,
    record(forms, #{}),
    case record(verdict, none) of
        none -> Result;
        Verdict -> Verdict
    end.

%% Whether a clause of the function takes these arguments: true, false or unknown.
takes(M, F, A, Beams, #{deadline := Deadline}) ->
    Key = {F, length(A)},
    Taken = try
                #{functions := #{Key := Form}} = Code = code_of(M, {Beams, Deadline}),
                None = erl_eval:new_bindings(),
                erl_eval:match_clause(prepared(heads(Form), Code), A, None, none) =/= nomatch
            catch
                _:_ -> unknown
            end,
    record(forms, #{}),
    Taken.

heads({function, Anno, Name, Arity, Clauses}) ->
    {function, Anno, Name, Arity, [{clause, A, Args, Guards, [{atom, A, true}]}
                                   || {clause, A, Args, Guards, _} <- Clauses]}.

ends(Verdict) ->
    case recall(verdict) of
        none -> record(verdict, Verdict);
        _ -> ok
    end,
    throw({fail, <<"no prediction">>}).

unknown(M, F, Arity) ->
    ends({unknown, text("~ts:~ts/~p", [module_name(M), F, Arity])}).

%% {value, Value}, or none if there is no code to read.
evaluate(M, F, A, {_, Until} = Context) ->
    now_ms() < Until orelse ends({unknown, <<"a computation that takes long">>}),
    case code_of(M, Context) of
        none ->
            none;
        #{functions := Functions, imports := Imports} = Code ->
            Key = {F, length(A)},
            case {Functions, Imports} of
                {#{Key := Form}, _} -> {value, apply_clauses(prepared(Form, Code), M, F, A, Context)};
                {_, #{Key := Other}} -> {value, remote(Other, F, A, Context)};
                _ -> unknown(M, F, length(A))
            end
    end.

apply_clauses(Clauses, M, F, A, Context) ->
    Local = {value, fun(Name, Args) -> {value, Value} = evaluate(M, Name, Args, Context), Value end},
    Remote = {value, fun(Called, Args) -> called(Called, Args, Context) end},
    case erl_eval:match_clause(Clauses, A, erl_eval:new_bindings(), Local) of
        {Body, Bindings} ->
            {value, Value, _} = erl_eval:exprs(Body, Bindings, Local, Remote),
            Value;
        nomatch ->
            error({function_clause, {M, F, length(A)}})
    end.

called({M, F}, Args, Context) ->
    remote(M, F, Args, Context);
called(Fun, Args, Context) when is_function(Fun) ->
    case lists:sort(erlang:fun_info(Fun)) of
        [_, _, {module, M}, {name, F}, {type, external}] -> remote(M, F, Args, Context);
        _ -> ends({unknown, <<"a fun">>})
    end;
called(Other, Args, _) ->
    apply(Other, Args).

remote('Elixir.Supervisor', start_link, [Children, Options], _) when is_list(Children), is_list(Options) ->
    ends({starts, Children, Options});
remote(erlang, apply, [M, F, A], Context) ->
    remote(M, F, A, Context);
remote(M, F, A, {Beams, _} = Context) ->
    case not is_map_key(M, Beams) andalso effect(M, F) of
        computes ->
            apply(M, F, A);
        prints ->
            ok;
        _ ->
            case evaluate(M, F, A, Context) of
                {value, Value} -> Value;
                none -> unknown(M, F, length(A))
            end
    end.

%% #{functions, records, imports} of the version, or none.
code_of(M, {Beams, _}) ->
    case recall(forms) of
        #{M := Known} ->
            Known;
        _ ->
            Beam = case Beams of
                       #{M := Given} -> Given;
                       _ -> loaded_beam(M)
                   end,
            Code = read_code(Beam),
            record_in(forms, M, Code),
            Code
    end.

loaded_beam(M) ->
    case erlang:module_loaded(M) andalso code:get_object_code(M) of
        {M, Beam, _} ->
            case catch code:module_md5(Beam) =:= M:module_info(md5) of
                true -> Beam;
                _ -> none
            end;
        _ ->
            none
    end.

read_code(Beam) when is_binary(Beam), byte_size(Beam) < 1000000 ->
    case catch beam_lib:chunks(Beam, [abstract_code]) of
        {ok, {_, [{abstract_code, {raw_abstract_v1, Forms}}]}} ->
            #{functions => maps:from_list([{{Name, Arity}, Form}
                                           || {function, _, Name, Arity, _} = Form <- Forms]),
              records => [Form || {attribute, _, record, _} = Form <- Forms],
              imports => maps:from_list([{Function, M} || {attribute, _, import, {M, Functions}} <- Forms,
                                                          Function <- Functions])};
        _ ->
            none
    end;
read_code(_) ->
    none.

%% The clauses as erl_eval takes them: without records, and without `fun f/1' of a local function.
prepared({function, Anno, Name, Arity, _} = Form, #{records := Records}) ->
    Expanded = erl_expand_records:module([{attribute, Anno, module, m} | Records] ++ [Form], []),
    [Clauses] = [Cs || {function, _, N, A, Cs} <- Expanded, N =:= Name, A =:= Arity],
    replaced(Clauses).

replaced({'fun', Anno, {function, Name, Arity}}) when is_atom(Name) ->
    Vars = [{var, Anno, list_to_atom("Arg" ++ integer_to_list(N))} || N <- lists:seq(1, Arity)],
    {'fun', Anno, {clauses, [{clause, Anno, Vars, [], [{call, Anno, {atom, Anno, Name}, Vars}]}]}};
replaced(Expression) when element(1, Expression) =:= 'receive' ->
    ends({unknown, <<"messages">>});
replaced(Form) when is_tuple(Form) ->
    list_to_tuple(replaced(tuple_to_list(Form)));
replaced([Head | Tail]) ->
    [replaced(Head) | replaced(Tail)];
replaced(Other) ->
    Other.

%% What a call of another module does: computes (or looks up), prints, or unknown.
effect(M, F) ->
    Kinds = [{computes, computing_modules(), M}, {computes, computing_functions(), {M, F}},
             {computes, [child_spec], F}, {prints, [logger, error_logger], M},
             {prints, [{io, format}, {io, put_chars}], {M, F}}],
    case [Kind || {Kind, Known, What} <- Kinds, lists:member(What, Known)] of
        [Kind | _] -> Kind;
        [] when M =:= erlang -> effect_of_bif(F);
        [] -> unknown
    end.

computing_modules() ->
    [lists, maps, proplists, string, orddict, dict, ordsets, sets, gb_trees, gb_sets, queue, array, filename,
     binary, unicode, math, io_lib, base64, erl_eval, 'Elixir.Enum', 'Elixir.Map', 'Elixir.Keyword',
     'Elixir.List', 'Elixir.String', 'Elixir.Access', 'Elixir.Kernel', 'Elixir.Path', 'Elixir.Integer',
     'Elixir.Atom', 'Elixir.Supervisor.Spec', 'Elixir.String.Chars', 'Elixir.Module', 'Elixir.Range'].

computing_functions() ->
    [{supervisor, check_childspecs}, {'Elixir.Supervisor', init}, {'Elixir.Supervisor', child_spec},
     {'Elixir.DynamicSupervisor', init}, {'Elixir.ConsumerSupervisor', init},
     {application, get_env}, {application, get_all_env},
     {application, get_key}, {application, get_all_key}, {application, get_application},
     {'Elixir.Application', get_env}, {'Elixir.Application', fetch_env}, {'Elixir.Application', 'fetch_env!'},
     {'Elixir.Application', get_all_env}, {'Elixir.Application', app_dir},
     {'Elixir.System', get_env}, {os, getenv}, {os, type}, {os, timestamp}, {code, lib_dir},
     {code, priv_dir}, {code, ensure_loaded}, {code, is_loaded}, {code, which}, {file, consult},
     {file, read_file}, {filelib, is_file}, {filelib, is_dir}, {filelib, is_regular}, {filelib, wildcard},
     {ets, lookup}, {ets, lookup_element}, {ets, member}, {ets, info}, {ets, whereis}, {ets, tab2list},
     {ets, match}, {ets, match_object}, {ets, select}, {ets, first}, {ets, next}, {persistent_term, get},
     {init, get_argument}, {re, run}, {re, replace}, {re, split}, {re, compile}, {timer, seconds},
     {timer, minutes}, {timer, hours}, {timer, hms}].

effect_of_bif(F) ->
    Operators = ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', 'bsl', 'bsr', 'bnot', '++', '--',
                 '==', '/=', '=<', '<', '>=', '>', '=:=', '=/=', 'and', 'or', 'xor', 'not'],
    Bifs = [abs, adler32, append_element, atom_to_binary, atom_to_list, binary_part, binary_to_atom,
            binary_to_existing_atom, binary_to_float, binary_to_integer, binary_to_list, binary_to_term,
            bit_size, bitstring_to_list, byte_size, ceil, crc32, date, delete_element, element, error, exit,
            float, float_to_binary, float_to_list, floor, function_exported, get_module_info, hd,
            insert_element, integer_to_binary, integer_to_list, iolist_size, iolist_to_binary, is_atom,
            is_binary, is_bitstring, is_boolean, is_float, is_function, is_integer, is_list, is_map,
            is_map_key, is_number, is_pid, is_port, is_reference, is_tuple, length, list_to_atom,
            list_to_binary, list_to_bitstring, list_to_existing_atom, list_to_float, list_to_integer,
            list_to_tuple, localtime, make_tuple, map_get, map_size, max, md5, min, module_loaded,
            monotonic_time, node, nodes, phash2, raise, round, setelement, size, split_binary, system_info,
            system_time, term_to_binary, throw, time, tl, trunc, tuple_size, tuple_to_list, universaltime,
            whereis],
    case lists:member(F, Operators) orelse lists:member(F, Bifs) of
        true -> computes;
        false -> unknown
    end.
