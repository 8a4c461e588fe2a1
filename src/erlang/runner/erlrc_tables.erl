%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What is in the rows of tables, of ETS and so of Mnesia. The persistent terms are looked at as one more
%% table.
%%
%% Tables may have millions of rows, so they are read piece by piece, the small ones first, until the time is
%% over. Of a big one, only the rows that a match specification finds are read: that takes no memory. A
%% private table is read by its owner, which does nothing else meanwhile.
-module(erlrc_tables).
-export([by_size/1, owner/1, places/1, search_rows/4]).
-import(erlrc_call, [bounded/4, left/1]).
-import(erlrc_kept, [await_done/2, in_process/3]).
-import(erlrc_record, [answers/1]).

%% A table with more is big.
-define(words, 1048576).
%% A private one may not have more rows either.
-define(private, 100000).
%% So much is read at once.
-define(rows, 500).
-define(bytes, 16777216).

%% Small tables first; those that have gone are left out.
by_size(Tables) ->
    [Table || {_, Table} <- lists:sort([{Words, Table} || Table <- Tables, Words <- [words(Table)],
                                                          is_integer(Words)])].

words(persistent_terms) ->
    #{memory := Bytes} = persistent_term:info(),
    Bytes div erlang:system_info(wordsize);
words(Table) ->
    ets:info(Table, memory).

%% undefined if it has gone meanwhile.
owner(Table) -> ets:info(Table, owner).

%% Where in a row something is looked for by a match specification: the row, what is in it, and the first one
%% of a list that is in it. Is: returns the condition for a term.
places(Is) ->
    [{'$1', [Condition], ['$1']}
     || Condition <- [Is('$1') | [{'andalso', {'>=', {size, '$1'}, N}, In}
                                  || N <- lists:seq(1, 8), Term <- [{element, N, '$1'}],
                                     In <- [Is(Term), {'andalso', {is_list, Term}, {'=/=', Term, []},
                                                       Is({hd, Term})}]]]].

%% What Look returns for the first rows for which that is not []. Otherwise [], or the reason why not all rows
%% were read: big, late, or silent, if its owner cannot be asked. Spec: finds those of a big table.
search_rows(persistent_terms, _, Look, C) ->
    of_terms(persistent_term:get(), Look, C);
search_rows(Table, Spec, Look, C) ->
    Rows = ets:info(Table, size),
    case {ets:info(Table, protection), words(Table) > ?words} of
        _ when Rows =:= undefined; Rows =:= 0 -> [];
        {undefined, _} -> [];
        {private, IsBig} when IsBig; Rows > ?private -> big;
        {private, false} -> of_owner(Table, Look, C);
        {_, false} -> of_pieces(catch ets:select(Table, [{'$1', [], ['$1']}], ?rows), Look, C);
        {_, true} ->
            case of_pieces(bounded(ets, select, [Table, Spec, 100], C), Look, C#{deadline := 0}) of
                [_ | _] = Found -> Found;
                _ -> big
            end
    end.

of_pieces({Rows, Next}, Look, C) when is_list(Rows) ->
    case {look_at(Rows, Look), left(C)} of
        {[_ | _] = Found, _} -> Found;
        {[], 0} -> late;
        {[], _} -> of_pieces(catch ets:select(Next), Look, C);
        {big, 0} -> big;
        {big, _} -> first_found(of_pieces(catch ets:select(Next), Look, C), big)
    end;
of_pieces(timeout, _, _) ->
    late;
of_pieces(_, _, _) ->
    [].

first_found([], Otherwise) -> Otherwise;
first_found(Found, _) -> Found.

%% Binaries are not counted in the size of a table.
look_at(Rows, Look) ->
    case erlang:external_size(Rows) of
        Bytes when Bytes < ?bytes ->
            Look(Rows);
        _ ->
            {Small, Big} = lists:partition(fun(Row) -> erlang:external_size(Row) < ?bytes end, Rows),
            case [Found || Row <- Small, [_ | _] = Found <- [Look([Row])]] of
                [First | _] -> First;
                [] when Big =:= [] -> [];
                [] -> big
            end
    end.

of_terms([], _, _) ->
    [];
of_terms(Terms, Look, C) ->
    {Now, Later} = lists:split(min(?rows, length(Terms)), Terms),
    case {look_at(Now, Look), left(C)} of
        {[_ | _] = Found, _} -> Found;
        {_, 0} -> late;
        {Nothing, _} -> first_found(of_terms(Later, Look, C), Nothing)
    end.

of_owner(Table, Look, C) ->
    Owner = owner(Table),
    case is_pid(Owner) andalso answers(Owner) =:= true of
        true ->
            Ref = make_ref(),
            in_process([Owner], "fun(_) -> Client ! {Ref, (catch ets:tab2list(Table))}, throw(kept) end.",
                       [{'Client', self()}, {'Ref', Ref}, {'Table', Table}]),
            await_done(Owner, C),
            case found_by(Ref, silent) of
                Rows when is_list(Rows) -> look_at(Rows, Look);
                Other -> Other
            end;
        false ->
            silent
    end.

%% A gen_event calls the fun for each of its handlers.
found_by(Ref, Found) ->
    receive {Ref, {'EXIT', _}} -> found_by(Ref, []); {Ref, Now} -> found_by(Ref, Now) after 0 -> Found end.
