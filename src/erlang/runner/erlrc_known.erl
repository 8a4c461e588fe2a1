%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Whether the new code matches a record as it was, by its debug information: then it may convert it when it
%% reads it. That code_change does counts no longer.
-module(erlrc_known).
-export([is_known/3]).
-import(erlrc_predict, [read_code/1]).
-import(erlrc_shape, [encoded/1]).

is_known(Name, Size, #{code := Code}) ->
    lists:any(fun({_, {_, Beam}}) -> knows(read_code(Beam), {Name, Size}) end, maps:to_list(Code)).

%% There may be much code, so only what has the name at all is walked through.
knows(#{functions := Functions}, {Name, _} = Record) ->
    Forms = maps:values(maps:without([{code_change, 3}, {code_change, 4}], Functions)),
    binary:match(term_to_binary(Forms), encoded(Name)) =/= nomatch andalso matches(Forms, Record);
knows(none, _) ->
    false.

%% Whether a pattern in the code is such a tuple, or a match specification. A tuple that is made does not
%% count: it may be a message.
matches({clause, _, Patterns, Guards, Body}, Record) ->
    has_tuple(Patterns, Record) orelse matches(Guards, Record) orelse matches(Body, Record);
matches({Match, _, Pattern, Value}, Record) when Match =:= match; Match =:= generate; Match =:= maybe_match ->
    has_tuple(Pattern, Record) orelse matches(Value, Record);
matches({call, _, _, [_, {atom, _, Name}, {integer, _, Size}]}, {Name, Size}) ->
    true;
matches({tuple, _, [{atom, _, Name} | Fields]}, {Name, Size} = Record) when length(Fields) =:= Size - 1 ->
    [] =/= [Atom || {atom, _, Atom} <- Fields, is_wildcard(Atom)] orelse matches(Fields, Record);
matches([Head | Tail], Record) ->
    matches(Head, Record) orelse matches(Tail, Record);
matches(Form, Record) when is_tuple(Form) ->
    matches(tuple_to_list(Form), Record);
matches(_, _) ->
    false.

is_wildcard('_') -> true;
is_wildcard(Atom) -> lists:prefix("$", atom_to_list(Atom)).

has_tuple({tuple, _, [{atom, _, Name} | Fields]}, {Name, Size}) when length(Fields) =:= Size - 1 ->
    true;
has_tuple([Head | Tail], Record) ->
    has_tuple(Head, Record) orelse has_tuple(Tail, Record);
has_tuple(Form, Record) when is_tuple(Form) ->
    has_tuple(tuple_to_list(Form), Record);
has_tuple(_, _) ->
    false.
