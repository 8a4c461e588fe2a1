%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Anonymous functions of old code in tables and in persistent terms: handlers of events, hooks. When the old
%% code is purged, the next call of one fails with badfun.
%%
%% A function is encoded with the md5 of its version of the module (NEW_FUN_EXT,
%% https://www.erlang.org/doc/apps/erts/erl_ext_dist.html), so those of old code are found for certain.
-module(erlrc_table_lambda).
-export([lambda_tables/3, name_lambda_tables/1, report_lost_lambdas/2, tables_text/2]).
-import(erlrc_call, [left/1, now_ms/0]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_table_owner, [application_of/1, applications_of/1, holder/2]).
-import(erlrc_tables, [by_size/1, places/1, search_rows/4]).
-import(erlrc_text, [module_name/1, text/2]).

%% How many ms the tables are searched.
-define(time, 500).

%% [{Module, [Table]}]: the tables that have functions of the old code of these modules, as far as there is
%% time to look. Old, New: #{Module => {File, Beam}} of that code, as far as it is known, and of code that
%% they are not of. (If the same code is loaded again, its functions are well.)
lambda_tables([], _, _) ->
    [];
lambda_tables(Modules, Old, New) ->
    Names = maps:from_list([{atom_to_binary(Module), Module} || Module <- Modules]),
    Apps = applications_of(maps:from_list([{Module, true} || Module <- Modules])),
    C = #{deadline => now_ms() + ?time},
    Spec = places(fun(Term) -> {is_function, Term} end),
    Found = [{Module, Table} || Table <- by_size([persistent_terms | ets:all()]), left(C) > 0,
                                may_be_read(Table, Apps),
                                Module <- in_rows(Table, Spec, Names, {Old, New}, C)],
    [{Module, Tables} || Module <- Modules,
                         [_ | _] = Tables <- [[Table || {Same, Table} <- Found, Same =:= Module]]].

%% Owners of private tables are disturbed for their own modules only.
may_be_read(persistent_terms, _) -> true;
may_be_read(Table, Apps) ->
    ets:info(Table, protection) =/= private orelse lists:member(application_of(Table), Apps).

%% Searched for the others again, since each search ends with the first find.
in_rows(Table, Spec, Names, Versions, C) ->
    case search_rows(Table, Spec, fun(Rows) -> old_lambdas(term_to_binary(Rows), Names, Versions) end, C) of
        [_ | _] = Found ->
            Modules = lists:usort(Found),
            Others = maps:without([atom_to_binary(Module) || Module <- Modules], Names),
            Modules ++ in_rows(Table, Spec, Others, Versions, C);
        _ ->
            []
    end.

%% [Module]. A function looks like this, with the name of its module as an atom: size, arity, md5, index,
%% number of variables.
old_lambdas(Encoded, Names, Versions) ->
    [Module || {At, _} <- binary:matches(Encoded, <<112, 0>>),
               <<112, _:32, _, Md5:16/binary, _:64, Atom/binary>>
                   <- [binary:part(Encoded, At, min(290, byte_size(Encoded) - At))],
               Name <- encoded_name(Atom), #{Name := Module} <- [Names], is_old(Module, Md5, Versions)].

encoded_name(<<100, Length:16, Name:Length/binary, _/binary>>) -> [Name];
encoded_name(<<118, Length:16, Name:Length/binary, _/binary>>) -> [Name];
encoded_name(<<119, Length, Name:Length/binary, _/binary>>) -> [Name];
encoded_name(_) -> [].

is_old(Module, Md5, {Old, New}) ->
    not (erlang:module_loaded(Module) andalso Module:module_info(md5) =:= Md5)
        andalso is_of(Module, Md5, Old, true) andalso not is_of(Module, Md5, New, false).

is_of(Module, Md5, Code, Otherwise) ->
    case Code of
        #{Module := {_, Beam}} -> code:module_md5(Beam) =:= Md5;
        _ -> Otherwise
    end.

%% When the new code is loaded: the tables for which the old code stays.
name_lambda_tables(#{backup := Backup} = C) ->
    Modules = [Module || {Module, {_, Beam}} <- maps:to_list(Backup), has_lambdas(Beam)],
    {Kept, Lost} = lists:partition(fun({Module, _}) -> erlang:check_old_code(Module) end,
                                   lambda_tables(Modules, Backup, #{})),
    report_lost_lambdas(Lost, C),
    Kept =:= [] orelse remark("the old code is kept of modules whose functions are in tables: ~ts",
                              [tables_text(Kept, C)]).

%% The table of functions.
has_lambdas(Beam) ->
    binary:match(Beam, <<"FunT">>) =/= nomatch.

report_lost_lambdas([], _) ->
    ok;
report_lost_lambdas(Lost, C) ->
    remark("functions in tables fail from now on, because their code is removed: ~ts",
           [tables_text(Lost, C)]).

tables_text(Found, C) ->
    text("~ts", [lists:join("; ", [[module_name(Module), " in ",
                                    lists:join(", ", [holder(Table, C) || Table <- Tables])]
                                   || {Module, Tables} <- Found])]).
