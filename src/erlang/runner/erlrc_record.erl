%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Records whose definition changes, in processes that nothing converts.
%%
%% A library keeps its records in the states of other applications' processes: xmpp its sockets in the
%% sessions of ejabberd. When such a record gets another field, no code_change of the library's own will ever
%% see the old ones, and each process that has one dies when it next calls the library. So the definitions of
%% both versions are compared, as far as the files have debug information and are not too big, and the states
%% are searched, before anything is touched.
-module(erlrc_record).
-export([answers/1, changed_records/1, check_records/4, decoded/3, defined/2, pattern/2, redefined/1,
         report_holders/5, search/4]).
-import(erlrc_call, [left/1, now_ms/0]).
-import(erlrc_ending, [outliving/2]).
-import(erlrc_journal, [remark/2]).
-import(erlrc_kinds, [is_special/1, waits_at_bottom/1]).
-import(erlrc_later, [unexpected/2]).
-import(erlrc_sys, [ask/3]).
-import(erlrc_text, [fail/2, module_name/1, processes/2]).

%% Debug information is long: that of bigger modules (most of them are generated) would take too long.
-define(bytes, 1048576).

%% [{Module, [{Name, Fields}], #{Name => NewFields}}]
defined(Modules, #{backup := Backup} = C) ->
    case [Module || Module <- Modules, {_, Old} <- [maps:get(Module, Backup, none)],
                    byte_size(Old) > ?bytes] of
        [] -> ok;
        Big -> remark("records are not compared of modules whose files are too big: ~ts",
                      [lists:join(", ", lists:map(fun erlang:atom_to_list/1, Big))])
    end,
    defined(Modules, now_ms() + 2000, C).

defined([], _, _) ->
    [];
defined([Module | Others] = Modules, Until, #{backup := Backup, code := Code} = C) ->
    case now_ms() < Until of
        true ->
            [{Module, Before, maps:from_list(records(New))}
             || {_, Old} <- [maps:get(Module, Backup, none)], byte_size(Old) =< ?bytes,
                {_, New} <- [maps:get(Module, Code, none)], byte_size(New) =< ?bytes,
                [_ | _] = Before <- [records(Old)]] ++ defined(Others, Until, C);
        false ->
            remark("the records of ~p modules were not compared, as that takes too long", [length(Modules)]),
            []
    end.

%% [{Module, Name, Size, NewSize}]: the records that both define, but not alike. (Every other module has a
%% `state' of its own, so that name is ignored.) Many modules may have one from the same header.
changed_records(Defined) ->
    Changed = [{{Name, length(Fields) + 1}, {Module, length(Later) + 1}}
               || {Module, Before, After} <- Defined, {Name, Fields} <- Before, Name =/= state,
                  #{Name := Later} <- [After], length(Fields) < 255, Later =/= Fields],
    [{Module, Name, Size, NewSize}
     || {{Name, Size}, {Module, NewSize}} <- maps:to_list(maps:from_list(lists:reverse(Changed)))].

check_records([], _, _, _) ->
    ok;
check_records(Changed, Converted, Policy, C) ->
    check_states(Changed, Converted, Policy, C).

%% [{Module, [{Name, Fields, NewFields}]}]: the records that have as many fields as before, but others. Their
%% size does not show which of the two a tuple is.
redefined(Defined) ->
    [{Module, Records}
     || {Module, Before, After} <- Defined,
        [_ | _] = Records <- [[{Name, Fields, Later} || {Name, Fields} <- Before, #{Name := Later} <- [After],
                                                        Later =/= Fields, length(Later) =:= length(Fields)]]].

%% [{Name, [Field]}]
records(Beam) ->
    case beam_lib:chunks(Beam, ["Dbgi"]) of
        {ok, {_, [{_, <<131, 80, _:32, Compressed/binary>>}]}} -> definitions(zlib:uncompress(Compressed));
        {ok, {_, [{_, <<131, Encoded/binary>>}]}} -> definitions(Encoded);
        _ -> []
    end.

%% Finds the definitions in an encoded {debug_info_v1, erl_abstract_code, {Forms, _}}. To decode all of it
%% would take most of the time of an upgrade; so the forms {attribute, _, record, {Name, Fields}} are found by
%% what they look like from `record' on.
definitions(Encoded) ->
    case binary:match(Encoded, <<"erl_abstract_code">>, [{scope, {0, min(64, byte_size(Encoded))}}]) of
        nomatch ->
            [];
        _ ->
            Patterns = [<<100, 0, 6, "record", 104, 2, 100>>, <<119, 6, "record", 104, 2, 119>>],
            [{Name, [field(Field) || Field <- Fields]}
             || {At, Length} <- binary:matches(Encoded, Patterns),
                {Name, Fields} <- [decoded(Encoded, At + Length - 3, 4096)], is_list(Fields)]
    end.

%% The term that begins there; most are short.
decoded(Encoded, At, Most) ->
    Length = min(Most, byte_size(Encoded) - At),
    case catch binary_to_term(<<131, (binary:part(Encoded, At, Length))/binary>>) of
        {'EXIT', _} when Length =:= Most -> decoded(Encoded, At, Most * 16);
        Term -> Term
    end.

field({typed_record_field, Field, _}) -> field(Field);
field(Field) -> element(3, element(3, Field)).

check_states(Changed, Converted, Policy, #{deadline := Deadline} = C) ->
    Any = binary:compile_pattern([pattern(Name, Size) || {_, Name, Size, _} <- Changed]),
    %% The controller knows specifications only, and grows big by them.
    Others = outliving(processes() -- [self(), whereis(application_controller) | Converted], C),
    {States, Left} = search(Others, Any, [], C#{deadline := min(Deadline, now_ms() + 2000)}),
    Left =:= [] orelse remark("~p processes could not be searched for records that change: ~ts",
                              [length(Left), some(Left, C)]),
    Resized = [{Module, Name, Size} || {Module, Name, Size, NewSize} <- Changed, NewSize =/= Size],
    Unexpected = unexpected([{Pid, [Each || {_, Name, Size} = Each <- Resized,
                                            binary:match(State, pattern(Name, Size)) =/= nomatch]}
                             || {Pid, State} <- States], C),
    report_holders([{Module, Name, Size} || {Module, Name, Size, _} <- Changed],
                   [Holder || {Pid, _} = Holder <- States, lists:member(Pid, Unexpected)], Policy,
                   "unconverted processes hold records whose definition changes: ~ts", C).

report_holders(Records, States, Policy, Format, C) ->
    Found = [{Module, Name, [Pid || {Pid, State} <- States,
                                    binary:match(State, pattern(Name, Size)) =/= nomatch]}
             || {Module, Name, Size} <- Records],
    case {[holders(Holder, C) || {_, _, [_ | _]} = Holder <- Found], Policy} of
        {[], _} -> ok;
        {Holders, refuse} -> fail(Format, [lists:join("; ", Holders)]);
        {Holders, report} -> remark(Format, [lists:join("; ", Holders)])
    end.

%% The encoded states in which there is one of the patterns, and the processes that did not return theirs.
%% States are copied, so not too many at once, and none that is big.
search([], _, Found, _) ->
    {Found, []};
search(Pids, Any, Found, C) ->
    case left(C) of
        0 ->
            {Found, Pids};
        _ ->
            {Now, Later} = lists:split(min(100, length(Pids)), Pids),
            Waiting = [{Pid, Answers, Words} || Pid <- Now, Answers <- [answers(Pid)], Answers =/= false,
                                                {_, Words} <- [process_info(Pid, total_heap_size)]],
            Small = [Pid || {Pid, true, Words} <- Waiting, Words < 131072],
            Replies = ask([{Pid, get_state} || Pid <- Small], 500, C),
            States = [{Pid, term_to_binary(State)} || {Pid, {reply, {ok, State}}} <- Replies],
            Holding = [Holder || {_, State} = Holder <- States, binary:match(State, Any) =/= nomatch],
            {All, Left} = search(Later, Any, Holding ++ Found, C),
            {All, [Pid || {Pid, _, _} <- Waiting, not lists:keymember(Pid, 1, States)] ++ Left}
    end.

holders({Module, Name, Pids}, C) ->
    [atom_to_list(Name), " of ", module_name(Module), " in ", integer_to_list(length(Pids)), ": ",
     some(Pids, C)].

some(Pids, C) ->
    [processes(lists:sublist(Pids, 3), C), case length(Pids) > 3 of true -> ", .."; false -> "" end].

%% How a tuple of that size that begins with this name looks within an encoded term.
pattern(Name, Size) ->
    <<131, 104, 1, Atom/binary>> = term_to_binary({Name}),
    <<104, Size, Atom/binary>>.

%% Whether it waits in a loop that understands system messages, which is doubtful if something else has called
%% the loop: then it may be a client. A process that hibernates does, if proc_lib started it.
answers(Pid) ->
    case process_info(Pid, [current_function, dictionary, current_stacktrace]) of
        [{_, {erlang, hibernate, _}}, {_, Dictionary}, _] -> lists:keymember('$initial_call', 1, Dictionary);
        [{_, {Module, _, _}}, {_, Dictionary}, {_, Stack}] ->
            Understands = erlang:function_exported(Module, system_continue, 3)
                andalso lists:keymember('$ancestors', 1, Dictionary),
            case Understands andalso is_special(Module) andalso not waits_at_bottom(Stack) of
                true -> doubtful;
                false -> Understands
            end;
        undefined -> false
    end.
