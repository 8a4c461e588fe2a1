%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Effects of code_change besides the state that it returns: tables, registered names, persistent terms,
%% children that it has a supervisor start. A rollback removes what it can and names the rest.
%%
%% They are found by comparing the node with what it was at the point of no return. Others may create tables
%% and names meanwhile, so only those of converted processes count.
-module(erlrc_effects).
-export([affected/1, has_effects/0, left_over/1, note_world/0, remove_effects/2]).
-import(erlrc_journal, [recall/1, record/2]).
-import(erlrc_rows, [left_rows/1]).
-import(erlrc_sys, [ask/3]).
-import(erlrc_text, [process/2, short_name/1, text/2]).
-import(erlrc_tree, [links/1]).

note_world() ->
    record(world, {ets:all(), [{Name, whereis(Name)} || Name <- registered()], term_keys(), recall(links)}).

%% The logger remembers the level of each module that has logged.
term_keys() ->
    [Key || {Key, _} <- persistent_term:get(),
            not (is_tuple(Key) andalso tuple_size(Key) =:= 2 andalso element(1, Key) =:= logger_config)].

has_effects() ->
    new_tables() ++ new_names() ++ recall(asking) ++ new_children() =/= [].

%% The processes among [{Pid, State}] that have something that they had not before, or whose conversion asked
%% others. A child that a conversion has started is known by the state that names it.
affected(States) ->
    Owners = [Pid || {Pid, _} <- new_tables() ++ new_names()] ++ recall(asking),
    Children = maps:from_list([{Child, true} || {_, Child} <- new_children()]),
    [Pid || {Pid, State} <- States,
            lists:member(Pid, Owners) orelse (Children =/= #{} andalso names_any(State, Children))].

new_children() ->
    case recall(world) of
        none -> [];
        {_, _, _, Links} -> [{Supervisor, Pid} || {Supervisor, Known} <- maps:to_list(Links),
                                                  Pid <- links(Supervisor) -- Known, is_pid(Pid)]
    end.

%% Not looked into.
names_any({erlrc_kept, _}, _) -> true;
names_any(Pid, Pids) when is_pid(Pid) -> is_map_key(Pid, Pids);
names_any([Head | Tail], Pids) -> names_any(Head, Pids) orelse names_any(Tail, Pids);
names_any(Term, Pids) when is_tuple(Term) -> names_any(tuple_to_list(Term), Pids);
names_any(Term, Pids) when is_map(Term) -> names_any(maps:to_list(Term), Pids);
names_any(_, _) -> false.

new_tables() ->
    case recall(world) of
        none -> [];
        {Tables, _, _, _} -> [{ets:info(Table, owner), Table} || Table <- ets:all() -- Tables]
    end.

new_names() ->
    case recall(world) of
        none -> [];
        {_, Names, _, _} ->
            [{whereis(Name), Name} || Name <- registered(), not lists:keymember(Name, 1, Names)]
    end.

lost_names() ->
    case recall(world) of
        none -> [];
        {_, Names, _, _} -> [{Name, Pid} || {Name, Pid} <- Names, whereis(Name) =:= undefined]
    end.

%% What the author's own code_change has left is taken from the processes, which are suspended.
%% Returns what could not be.
remove_effects(Pids, C) ->
    [begin
         Text = "fun(S) -> catch ets:delete(Table), S end.",
         {ok, Tokens, _} = erl_scan:string(Text),
         {ok, [Fun]} = erl_parse:parse_exprs(Tokens),
         Bound = erl_eval:add_binding('Table', Table, erl_eval:new_bindings()),
         {value, Delete, _} = erl_eval:expr(Fun, Bound),
         ask([{Pid, {replace_state, Delete}}], standard, C)
     end || {Pid, Table} <- new_tables(), lists:member(Pid, Pids)],
    [catch unregister(Name) || {Pid, Name} <- new_names(), lists:member(Pid, Pids)],
    [catch register(Name, Pid) || {Name, Pid} <- lost_names(), lists:member(Pid, Pids)],
    [text("~ts: its table ~0tp was made by code_change and is left", [process(Pid, C), Table])
     || {Pid, Table} <- new_tables(), lists:member(Pid, Pids)].

%% When all else is rolled back: what is left for good.
left_over(C) ->
    Terms = case recall(world) of
                none -> [];
                {_, _, Keys, _} -> term_keys() -- Keys
            end,
    left_rows(C) ++ [text("persistent term ~0tp: was not there before, and is left", [Key]) || Key <- Terms]
        ++ [text("child ~ts of ~ts: was started during the conversion, and is left",
                 [process(Pid, C), short_name(Supervisor)])
            || {Supervisor, Known} <- recall(woken), Pid <- more_children(links(Supervisor), Known)].

%% Not those that take the place of others.
more_children(Now, Before) ->
    New = [Pid || Pid <- Now -- Before, is_pid(Pid), is_process_alive(Pid)],
    lists:nthtail(min(length(New), length(Before -- Now)), New).
