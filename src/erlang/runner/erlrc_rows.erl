%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Rows of tables that are, or contain, what the new code cannot read (erlrc_earlier). What reads them after
%% the upgrade fails, at some time. An application converts them in a call of its appup or in a code_change;
%% nothing else does.
-module(erlrc_rows).
-export([check_rows/1, left_rows/1, note_rows/4]).
-import(erlrc_call, [left/1, now_ms/0]).
-import(erlrc_earlier, [backwards/1, condition/1, found_rows/2, is_readable/2, noted/2, reaches/2,
                         row_text/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_later, [may_convert_rows/2]).
-import(erlrc_table_owner, [holder/2, named_terms/2, ours/1, reasons/2]).
-import(erlrc_tables, [by_size/1, owner/1, places/1, search_rows/4]).
-import(erlrc_text, [fail/2, text/2]).

%% If nothing may convert them, they are looked for at once; else when all is done. (The forecast does not
%% have the new code, which may know the rows.)
note_rows(_, _, _, #{code := Code} = C) when map_size(Code) =:= 0 ->
    C;
note_rows(Sought, Policy, MayConvert, #{rows := {Noted, _, When, Tables}} = C) ->
    case MayConvert orelse When =:= last of
        false ->
            check_tables(Sought, Policy, C),
            C#{rows := {Noted, Policy, now, Tables}};
        true ->
            Same = [Each || {_, {fields, _, _}, _} = Each <- Sought],
            Others = Sought -- Same,
            {Found, _} = search(Same, C),
            {Converted, _} = search(backwards(Others), C),
            Kept = lists:append([noted(Each, Record) || {_, Each, Record, moved} <- Found]),
            New = [Table || {Table, _, _, _} <- Converted],
            C#{rows := {Kept ++ Others ++ Noted, Policy, last, New ++ Tables}}
    end.

check_rows(#{rows := {Sought, Policy, last, _}} = C) -> check_tables(Sought, Policy, C);
check_rows(_) -> ok.

%% The tables that have been converted, when all else is rolled back: nothing puts them back.
left_rows(#{rows := {Sought, _, last, Tables}} = C) ->
    {Found, _} = search(backwards(Sought), C#{deadline := now_ms() + 2000}),
    [text("~ts; the table is left so", [text_of(Row, "old", C)])
     || {Table, _, _, _} = Row <- Found, not lists:member(Table, Tables)];
left_rows(_) ->
    [].

check_tables(Sought, Policy, C) ->
    {Found, Unread} = search(Sought, C),
    remark_unread(Unread, C),
    {Moved, Renamed} = lists:partition(fun({_, _, _, Wrong}) -> Wrong =:= moved end, Found),
    report("rows are kept whose fields have other names: ~ts", Renamed, report, C),
    {Later, Left} = lists:partition(fun({Table, _, _, _}) -> may_convert_rows(owner(Table), C) end, Moved),
    report("rows of tables that another application of the upgrade set has to convert: ~ts", Later, report,
           C),
    report("nothing converts the rows of tables: ~ts", Left, Policy, C).

report(Format, Found, Policy, C) ->
    case {lists:usort([text("~ts", [text_of(Row, "new", C)]) || Row <- Found]), Policy} of
        {[], _} -> ok;
        {Texts, refuse} -> fail(Format, [lists:join("; ", Texts)]);
        {Texts, report} -> remark(Format, [lists:join("; ", Texts)])
    end.

text_of({Table, Each, _, _}, Code, C) ->
    Verb = case Table of persistent_terms -> "have"; _ -> "has" end,
    io_lib:format("~ts ~s ~ts", [holder(Table, C), Verb, row_text(Each, Code)]).

remark_unread([], _) ->
    ok;
remark_unread(Unread, C) ->
    Texts = [io_lib:format("~ts (~s)", [holder(Table, C), why(Reason)])
             || {Table, Reason} <- lists:sublist(Unread, 5)],
    remark("tables could not be searched wholly for rows that change: ~ts~s",
           [lists:join("; ", Texts), case length(Unread) > 5 of true -> "; .."; false -> "" end]).

why(big) -> "too big";
why(late) -> "the time was over";
why(silent) -> "private, and its owner cannot be asked".

%% {[{Table, Sought, Record, moved | renamed}], [{Table, Why}]}: one row of each table, and the tables that
%% were not read, or not wholly.
search([], _) ->
    {[], []};
search(Sought, #{deadline := Deadline} = C) ->
    Ours = ours(C),
    Soon = C#{deadline := min(Deadline, now_ms() + 2000)},
    Each = [{One, places(condition(One))} || One <- distinct(Sought)],
    Read = [{Table, in_table(Table, Of, Ours, Soon)}
            || Table <- by_size([persistent_terms | ets:all()]), Reasons <- [reasons(Table, Ours)],
               [_ | _] = Of <- [[Row || {{_, _, Reach}, _} = Row <- Each, reaches(Reach, Reasons)]]],
    {[{Table, One, Record, Wrong} || {Table, [{One, Record, Wrong} | _]} <- Read],
     [{Table, Why} || {Table, Why} <- Read, is_atom(Why)]}.

%% Many modules may have a record from the same header.
distinct(Sought) ->
    [Each || {Shape, Change, Reach} = Each <- lists:usort(Sought),
             Reach =:= any orelse not lists:member({Shape, Change, any}, Sought)].

in_table(_, [], _, _) ->
    [];
in_table(Table, Sought, Ours, C) ->
    Look = fun(Rows) when Table =:= persistent_terms -> found_rows(Sought, named_terms(Rows, Ours));
              (Rows) -> found_rows(Sought, Rows)
           end,
    {_, Specs} = lists:unzip(Sought),
    case left(C) > 0 andalso search_rows(Table, lists:append(Specs), Look, C) of
        false ->
            late;
        [_ | _] = Found ->
            [{Each, _, _} | _] = Sorted = lists:keysort(3, Found),
            case is_readable(Each, C) of
                true -> in_table(Table, lists:keydelete(Each, 1, Sought), Ours, C);
                false -> Sorted
            end;
        Other ->
            Other
    end.
