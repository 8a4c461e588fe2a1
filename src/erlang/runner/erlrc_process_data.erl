%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What a process has next to its state, and a code_change may change as well: its dictionary, whether it
%% traps exits, its priority, its links.
-module(erlrc_process_data).
-export([put_back_data/2, saved_data/1]).
-import(erlrc_journal, [recall/1]).
-import(erlrc_kept, [await_done/2, in_process/3]).
-import(erlrc_text, [process/2, processes/2, text/2]).
-import(erlrc_tree, [is_supervisor/1]).

%% [{Pid, {Dictionary, Flags, Links}}] of processes that are suspended.
saved_data(Pids) ->
    [{Pid, Data} || Pid <- Pids, not is_supervisor(Pid), Data <- data(Pid)].

data(Pid) ->
    case process_info(Pid, [dictionary, trap_exit, priority, links]) of
        [{_, Dictionary}, TrapExit, Priority, {_, Links}] ->
            [{[Pair || {Key, _} = Pair <- Dictionary, not is_kept_state(Key)], [TrapExit, Priority], Links}];
        undefined ->
            []
    end.

%% A big state (erlrc_kept).
is_kept_state({erlrc_state, _}) -> true;
is_kept_state(_) -> false.

%% Processes that were resumed since then keep theirs. Returns what is left.
put_back_data(Saved, C) ->
    {Resumed, _} = lists:unzip(recall(resumed)),
    lists:append([put_back_changed(Pid, Before, Now, C)
                  || {Pid, Before} <- Saved, not lists:member(Pid, Resumed),
                     Now <- data(Pid), Now =/= Before]).

put_back_changed(Pid, {Dictionary, Flags, Links}, {New, _, Linked}, C) ->
    in_process([Pid], "fun(_) ->"
               "  lists:foreach(fun erlang:erase/1, Added),"
               "  [put(Key, Value) || {Key, Value} <- Dictionary],"
               "  [process_flag(Flag, Value) || {Flag, Value} <- Flags],"
               "  throw(kept) "
               "end.",
               [{'Added', [Key || {Key, _} <- New, not lists:keymember(Key, 1, Dictionary)]},
                {'Dictionary', Dictionary -- New}, {'Flags', Flags}]),
    await_done(Pid, C),
    [text("~ts: code_change has linked it to ~ts, which stays so",
          [process(Pid, C), processes(Others, C)])
     || [_ | _] = Others <- [[Other || Other <- Linked -- Links, is_pid(Other), is_process_alive(Other)]]]
        ++ [text("~ts: what code_change has changed in its dictionary or its flags is left",
                 [process(Pid, C)])
            || {Kept, Still, _} <- data(Pid), {lists:sort(Kept), Still} =/= {lists:sort(Dictionary), Flags}].
