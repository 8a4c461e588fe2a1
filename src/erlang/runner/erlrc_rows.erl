%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Rows of tables, of ETS and so of Mnesia, that are records of before. What reads them after the upgrade
%% fails, at some time. An application converts them in a call of its appup or in a code_change; nothing else
%% does. The values of persistent terms are looked at as one more table.
-module(erlrc_rows).
-export([changed_rows/1, check_rows/1, is_matched/2, left_rows/1, note_rows/4, unfit_rows/1]).
-import(erlrc_call, [left/1, now_ms/0]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_kept, [await_done/2, in_process/3]).
-import(erlrc_predict, [read_code/1]).
-import(erlrc_record, [answers/1]).
-import(erlrc_shape, [fields/1]).
-import(erlrc_text, [fail/2, process/2, text/2]).

%% So many rows of a private table are searched.
-define(private, 100000).

%% [{Name, Size, [NewSize], any}]: the records that both versions define, with other sizes. (Every other
%% module has a `state' of its own, so that name is ignored.)
changed_rows(Defined) ->
    [{Name, length(Fields) + 1, [length(Later) + 1], any}
     || {_, Before, After} <- Defined, {Name, Fields} <- Before, Name =/= state,
        #{Name := Later} <- [After], length(Later) =/= length(Fields)].

%% The same of what erlrc_shape knows. It may be any tuple that begins with an atom, so only the tables of the
%% application itself count.
unfit_rows(Unfit) ->
    [{Name, Size, News, own}
     || {_, Records, _, _} <- Unfit, {Name, Size, News} <- Records, Name =/= state].

%% If nothing may convert them, they are looked for at once; else when all is done. (The forecast does not
%% have the new code, which may know the rows.)
note_rows(_, _, _, #{code := Code} = C) when map_size(Code) =:= 0 ->
    C;
note_rows(Records, Policy, MayConvert, #{rows := {Noted, _, When, Tables}} = C) ->
    Then = case MayConvert orelse When =:= last of true -> last; false -> now end,
    Then =:= now andalso check_tables(Records, Policy, C),
    New = [Table || Then =:= last, {Table, _} <- containing_rows(converted(Records), soon(C))],
    C#{rows := {Records ++ Noted, Policy, Then, New ++ Tables}}.

check_rows(#{rows := {Records, Policy, last, _}} = C) -> check_tables(Records, Policy, C);
check_rows(_) -> ok.

%% The tables that have been converted, when all else is rolled back: nothing puts them back.
left_rows(#{rows := {Records, _, last, Tables}} = C) ->
    [text("~ts; the table is left so", [text_of(Row, "old", C)])
     || {Table, _} = Row <- containing_rows(converted(Records), C#{deadline := now_ms() + 2000}),
        not lists:member(Table, Tables)];
left_rows(_) ->
    [].

%% Tables may have millions of rows.
soon(#{deadline := Deadline} = C) ->
    C#{deadline := min(Deadline, now_ms() + 2000)}.

converted(Records) ->
    [{Name, New, [Size], Where} || {Name, Size, News, Where} <- Records, New <- News].

containing_rows(Records, C) ->
    [{Table, Row} || {Tables, Of} <- places(Records, C), Table <- Tables, left(C) > 0,
                     Row <- [first_row(Table, Of, C)], Row =/= none].

check_tables(Records, Policy, C) ->
    Found = lists:append([in_tables(Tables, Of, soon(C)) || {Tables, Of} <- places(Records, C)]),
    case {[text_of(Row, "new", C) || Row <- Found], Policy} of
        {[], _} -> ok;
        {Texts, refuse} -> fail("nothing converts the rows of tables: ~ts", [lists:join("; ", Texts)]);
        {Texts, report} -> remark("nothing converts the rows of tables: ~ts", [lists:join("; ", Texts)])
    end.

%% [{Tables, Records}]: where which of them are looked for.
places([], _) ->
    [];
places(Records, C) ->
    {Any, Own} = lists:partition(fun({_, _, _, Where}) -> Where =:= any end, lists:usort(Records)),
    [{[persistent_terms | tables(any, C)], Any} || Any =/= []] ++ [{tables(own, C), Own} || Own =/= []].

%% Mnesia's own tables describe records by tuples that look like them.
tables(Where, C) ->
    Mnesia = case whereis(mnesia_sup) =/= undefined andalso catch mnesia:system_info(tables) of
                 Tables when is_list(Tables) -> Tables -- [schema];
                 _ -> []
             end,
    Apps = changing_apps(C),
    [Table || Table <- ets:all(),
              case application:get_application(owner(Table)) of
                  {ok, mnesia} -> lists:member(Table, Mnesia);
                  {ok, App} -> Where =:= any orelse lists:member(App, Apps);
                  undefined -> Where =:= any
              end].

changing_apps(#{code := Code}) ->
    lists:usort([App || Module <- lists:sublist(maps:keys(Code), 20),
                        {ok, App} <- [application:get_application(Module)]]).

%% Ours, if it has gone meanwhile.
owner(Table) ->
    case ets:info(Table, owner) of undefined -> self(); Owner -> Owner end.

%% [{Table, {Name, Size, NewSizes, Where}}]
in_tables([], _, _) ->
    [];
in_tables(_, [], _) ->
    [];
in_tables([Table | Tables] = All, Rows, C) ->
    case left(C) of
        0 ->
            remark("~p tables could not be searched for records that change", [length(All)]),
            [];
        _ ->
            case first_row(Table, Rows, C) of
                none ->
                    in_tables(Tables, Rows, C);
                Row ->
                    case is_matched(Row, C) of
                        true -> in_tables(All, Rows -- [Row], C);
                        false -> [{Table, Row} | in_tables(Tables, Rows, C)]
                    end
            end
    end.

%% Which of the records is a row of the table, or an element of one. A private table is read by its owner.
first_row(Table, Rows, C) ->
    Spec = [{Pattern, [], [{{Name, Size}}]}
            || {Name, Size, _, _} <- Rows, Record <- [list_to_tuple([Name | lists:duplicate(Size - 1, '_')])],
               Pattern <- [Record, {'_', Record}]],
    case selected(protection(Table), Table, Spec, C) of
        {[{Name, Size}], _} -> hd([Row || {Same, Long, _, _} = Row <- Rows, Same =:= Name, Long =:= Size]);
        _ -> none
    end.

protection(persistent_terms) -> persistent;
protection(Table) -> ets:info(Table, protection).

selected(persistent, _, Spec, _) ->
    case ets:match_spec_run(persistent_term:get(), ets:match_spec_compile(Spec)) of
        [First | _] -> {[First], others};
        [] -> none
    end;
selected(private, Table, Spec, C) ->
    %% Its owner does nothing else meanwhile.
    case ets:info(Table, size) of
        Rows when is_integer(Rows), Rows > ?private ->
            remark("private table ~0tp is too big to be searched for records that change",
                   [ets:info(Table, name)]),
            none;
        _ ->
            selected_by(owner(Table), Table, Spec, C)
    end;
selected(_, Table, Spec, _) ->
    catch ets:select(Table, Spec, 1).

selected_by(Owner, Table, Spec, C) ->
    case answers(Owner) =:= true of
        true ->
            Ref = make_ref(),
            in_process([Owner], "fun(_) ->"
                       "  Client ! {Ref, (catch ets:select(Table, Spec, 1))},"
                       "  throw(kept) "
                       "end.",
                       [{'Client', self()}, {'Ref', Ref}, {'Table', Table}, {'Spec', Spec}]),
            await_done(Owner, C),
            found_by(Ref, none);
        false ->
            none
    end.

%% A gen_event calls the fun for each of its handlers.
found_by(Ref, Found) ->
    receive {Ref, Now} -> found_by(Ref, Now) after 0 -> Found end.

%% Whether some function of the new code knows the record as it was: it may convert the rows when it reads
%% them. That code_change does counts no longer.
is_matched({Name, Size, _, _}, #{code := Code}) ->
    Text = atom_to_binary(Name, utf8),
    lists:any(fun({_, {_, Beam}}) ->
                      binary:match(Beam, Text) =/= nomatch andalso knows(read_code(Beam), Name, Size)
              end, maps:to_list(Code)).

knows(#{functions := Functions}, Name, Size) ->
    has_record(maps:values(maps:without([{code_change, 3}, {code_change, 4}], Functions)), Name, Size);
knows(none, _, _) ->
    false.

has_record({tuple, _, [{atom, _, Name} | Fields]}, Name, Size) when length(Fields) =:= Size - 1 ->
    true;
has_record([Head | Tail], Name, Size) ->
    has_record(Head, Name, Size) orelse has_record(Tail, Name, Size);
has_record(Form, Name, Size) when is_tuple(Form) ->
    has_record(tuple_to_list(Form), Name, Size);
has_record(_, _, _) ->
    false.

text_of({Table, {Name, Size, Sizes, _}}, Code, C) ->
    io_lib:format("~ts records ~ts with ~ts, where the ~s code has ~ts",
                  [holder(Table, C), Name, fields([Size]), Code, fields(Sizes)]).

holder(persistent_terms, _) -> "persistent terms have";
holder(Table, C) -> io_lib:format("~0tp of ~ts has", [ets:info(Table, name), process(owner(Table), C)]).
