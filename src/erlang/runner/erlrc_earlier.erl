%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What the rows of tables may be that the new code cannot read: records, maps and structs of before.
%%
%% Each is {Shape, Change, Reach}.
%% Shape:  {Name, Size}, a record; {map, Known}, by some of its keys; {struct, Module}.
%% Change: {sizes, [NewSize]}; {renamed, NewName}; {fields, Before, After}, as many as before;
%%         {kept, Encoded, Before, After}, one of these that was there before the change; {key, Key},
%%         which is missing.
%% Reach:  any, own or {module, Module}: the reason that a table needs to count (erlrc_table_owner).
-module(erlrc_earlier).
-export([backwards/1, changed_rows/1, condition/1, found_rows/2, is_readable/2, noted/2, reaches/2,
         row_text/2, unfit_rows/1]).
-import(erlrc_known, [is_known/3]).
-import(erlrc_record, [decoded/3, pattern/2]).
-import(erlrc_shape, [encoded/1, fields/1]).
-import(erlrc_states, [names/1, read_wrong/3]).
-import(erlrc_table_owner, [atoms/1]).
-import(erlrc_text, [module_name/1]).

%% So many records of one kind are compared in one piece of a table.
-define(many, 1000).

%% The records that both versions define, but not alike, and those with another name.
changed_rows(Defined) ->
    lists:append([changed(Module, Record, After, maps:without([Name || {Name, _} <- Before], After))
                  || {Module, Before, After} <- Defined, {_, [_ | _]} = Record <- Before]).

changed(Module, {Name, Fields}, After, New) when length(Fields) < 255 ->
    Shape = {Name, length(Fields) + 1},
    case After of
        #{Name := Fields} -> [];
        #{Name := Later} when length(Later) =:= length(Fields) ->
            [{Shape, {fields, Fields, Later}, reach(Name, Module, any)}];
        #{Name := Later} -> [{Shape, {sizes, [length(Later) + 1]}, reach(Name, Module, any)}];
        _ -> lists:sublist([{Shape, {renamed, Other}, {module, Module}}
                            || {Other, Later} <- maps:to_list(New), Fields -- Later =:= []], 1)
    end;
changed(_, _, _, _) ->
    [].

%% Every other module has a `state' of its own.
reach(state, Module, _) -> {module, Module};
reach(_, _, Reach) -> Reach.

%% The same of what erlrc_shape knows. It may be any tuple that begins with an atom, so only the tables of the
%% application itself count.
unfit_rows(Unfit) ->
    [{{Name, Size}, {sizes, News}, reach(Name, Module, own)}
     || {Module, Records, _, _, _} <- Unfit, {Name, Size, News} <- Records, Size < 256]
        ++ [{{struct, Module}, {key, Key}, own} || {Module, _, Keys, _, _} <- Unfit, Key <- Keys]
        ++ [{{map, Known}, {key, Key}, {module, Module}} || {Module, _, _, Maps, _} <- Unfit,
                                                            {Key, Known} <- Maps].

%% Whether a table that counts for these reasons may have such rows.
reaches(any, Reasons) -> Reasons =/= [];
reaches(own, Reasons) -> Reasons -- [user] =/= [];
reaches(Module, Reasons) -> lists:member(Module, Reasons).

%% What conversions would have made of them, as far as that can be seen.
backwards(Sought) ->
    [{{Name, New}, {sizes, [Size]}, Reach} || {{Name, Size}, {sizes, News}, Reach} <- Sought, New <- News].

%% Where converted rows look alike, the records themselves are to be gone.
noted({Shape, {fields, Before, After}, Reach}, Record) ->
    [{Shape, {kept, encoded(Record), Before, After}, Reach}];
noted(_, _) ->
    [].

%% In a match specification, whether a term is one. (Found rows are looked at once more.)
condition({{map, Known}, {key, Key}, _}) ->
    fun(Term) -> list_to_tuple(['andalso', {is_map, Term}, {'not', {is_map_key, {const, Key}, Term}}
                                | [{is_map_key, {const, Each}, Term} || Each <- Known]])
    end;
condition({{struct, Module}, {key, Key}, _}) ->
    fun(Term) -> {'andalso', {is_map, Term}, {is_map_key, '__struct__', Term},
                  {'=:=', {map_get, '__struct__', Term}, Module},
                  {'not', {is_map_key, {const, Key}, Term}}}
    end;
condition({{Name, Size}, _, _}) ->
    fun(Term) -> {'andalso', {is_tuple, Term}, {'=:=', {size, Term}, Size}, {'=:=', {element, 1, Term}, Name}}
    end.

%% [{Sought, Record, moved | renamed}]: which of them are in these rows. Sought: [{Each, Specification}].
found_rows(Sought, Rows) ->
    Encoded = term_to_binary(Rows),
    lists:append([found_row(Each, Spec, Rows, Encoded) || {Each, Spec} <- Sought]).

found_row({_, {key, _}, _} = Each, Spec, Rows, _) ->
    [{Each, Row, moved} || Row <- lists:sublist(ets:match_spec_run(Rows, ets:match_spec_compile(Spec)), 1)];
found_row({_, {kept, Record, _, _}, _} = Each, _, _, Encoded) ->
    [{Each, Record, moved} || binary:match(Encoded, Record) =/= nomatch];
found_row({{Name, Size}, {fields, Before, After}, _} = Each, _, _, Encoded) ->
    Matches = lists:sublist(binary:matches(Encoded, pattern(Name, Size)), ?many),
    Wrong = [{Record, Fields} || {At, _} <- Matches, Record <- [decoded(Encoded, At, 4096)],
                                 is_tuple(Record), [_ | _] = Fields <- [read_wrong(Record, Before, After)]],
    case {[Record || {Record, Fields} <- Wrong, lists:member(moved, Fields)], Wrong} of
        {[First | _], _} -> [{Each, First, moved}];
        {[], [{First, _} | _]} -> [{Each, First, renamed}];
        {[], []} -> []
    end;
found_row({{Name, Size}, _, _} = Each, _, _, Encoded) ->
    [{Each, none, moved} || binary:match(Encoded, pattern(Name, Size)) =/= nomatch].

%% Whether the new code can read them.
is_readable({{Name, Size}, {sizes, _}, _}, C) ->
    is_known(Name, Size, C);
is_readable({{Name, _}, {renamed, _}, _}, #{code := Code}) ->
    lists:any(fun({_, {_, Beam}}) -> is_map_key(Name, atoms(Beam)) end, maps:to_list(Code));
is_readable(_, _) ->
    false.

row_text({{Name, Size}, {sizes, Sizes}, _}, Code) ->
    io_lib:format("records ~ts with ~ts, where the ~s code has ~ts",
                  [Name, fields([Size]), Code, fields(Sizes)]);
row_text({{Name, _}, {renamed, Other}, _}, Code) ->
    io_lib:format("records ~ts, where the ~s code has ~ts", [Name, Code, Other]);
row_text({{Name, _}, {fields, Before, After}, _}, Code) ->
    io_lib:format("records ~ts, whose fields ~ts are ~ts in the ~s code",
                  [Name, names(Before), names(After), Code]);
row_text({Shape, {kept, _, Before, After}, Reach}, Code) ->
    row_text({Shape, {fields, Before, After}, Reach}, Code);
row_text({{map, _}, {key, Key}, _}, Code) ->
    io_lib:format("maps without the key ~0tp, which the ~s code needs", [Key, Code]);
row_text({{struct, Module}, {key, Key}, _}, Code) ->
    io_lib:format("structs of ~ts without the key ~0tp, which the ~s code has",
                  [module_name(Module), Key, Code]).
