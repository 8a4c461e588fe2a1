%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What an upgrade would do with each module, for a user who asks before it (src/plan/explanation.cpp). The
%% processes are found as for the upgrade (erlrc_outside).
-module(erlrc_explain).
-export([explain_modules/3]).
-import(erlrc_journal, [recall/1, remark/2]).
-import(erlrc_outside, [concerned/3]).
-import(erlrc_text, [module_name/1, processes/2]).
-import(erlrc_tree, [column/2, remember/2]).

%% The processes of a module are those that a conversion would concern, and those that are inside one of its
%% functions.
explain_modules(Apps, Items, C) ->
    Modules = column(1, Items),
    {Procs, Known, _} = concerned(Apps, Modules, C),
    Named = remember(Procs, C),
    Stacks = [{Stack, Pids} || {{_, Stack}, Pids} <- maps:to_list(recall(kinds))],
    [begin
         Inside = lists:append([Pids || {Stack, Pids} <- Stacks, lists:keymember(Module, 1, Stack)]),
         Pids = lists:usort(column(1, maps:get(Module, Known, [])) ++ Inside),
         Alive = lists:filter(fun erlang:is_process_alive/1, Pids),
         remark("module ~ts: ~ts; ~ts", [module_name(Module), What, counted(Alive, Named)])
     end || {Module, What} <- Items],
    ok.

counted([], _) -> "no process runs it";
counted([_] = Pids, C) -> ["1 process runs it: ", processes(Pids, C), memory(Pids)];
counted(Pids, C) ->
    [integer_to_list(length(Pids)), " processes run it: ", processes(lists:sublist(Pids, 3), C),
     case length(Pids) > 3 of true -> ", .."; false -> "" end, memory(Pids)].

%% For a rollback, states are copied; those of more than a megabyte stay in their processes (erlrc_kept).
memory(Pids) ->
    Words = lists:sum([Words || Pid <- Pids, {_, Words} <- [process_info(Pid, total_heap_size)]]),
    case Words * erlang:system_info(wordsize) div 1000000 of
        0 -> "";
        Megabytes -> [", with ", integer_to_list(Megabytes), " MB of states and messages"]
    end.
