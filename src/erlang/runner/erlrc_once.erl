%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Which of several modules' conversions a process makes, and when. If the script converts the modules one
%% after the other, the process stays suspended from the first to the last, and is converted when all of its
%% code is the later version's: up, in the last; down, in the first.
-module(erlrc_once).
-export([once/1, own_job/2, postponed/3, skipped/3]).
-import(erlrc_kinds, [is_special/1]).
-import(erlrc_tree, [column/2, is_event_manager/1]).

%% Jobs: [{Module, Vsn, Extra, [Pid]}]. A process that is in several of them, as the server of a wrapper that
%% keeps the callback module in its state, calls its own code_change for each, whatever module is meant. So it
%% stays in one.
once(Jobs) ->
    All = lists:append([Pids || {_, _, _, Pids} <- Jobs]),
    case All -- lists:usort(All) of
        [] ->
            Jobs;
        Twice ->
            Kept = [{Pid, own_job(Pid, [Module || {Module, _, _, Of} <- Jobs, lists:member(Pid, Of)])}
                    || Pid <- lists:usort(Twice)],
            [{Module, Vsn, Extra, Pids -- [Pid || {Pid, Modules} <- Kept, not lists:member(Module, Modules)]}
             || {Module, Vsn, Extra, Pids} <- Jobs]
    end.

%% The modules of which the process makes a conversion each. A gen_event has one for each handler. A server
%% has one; that of its callback module has the arguments that the author means. A special process (sys(3erl))
%% gets the module: if that is not its own, it may mean something to it.
own_job(Pid, Modules) ->
    Called = case proc_lib:translate_initial_call(Pid) of
                 {supervisor, Callback, _} -> Callback;
                 {Module, _, _} -> Module
             end,
    Own = [Called | loop(Pid)],
    case {is_event_manager(Pid), [Module || Module <- Own, lists:member(Module, Modules)]} of
        {true, _} -> Modules;
        {false, [First | _]} -> [First];
        {false, []} ->
            case [Module || Module <- Own, is_special(Module)] of [] -> [hd(Modules)]; _ -> Modules end
    end.

%% The processes of Modules that a conversion to come concerns, too, for one of Later. Known: the rows of each
%% module (erlrc_outside).
postponed(_, [], _) ->
    [];
postponed(Modules, Later, Known) ->
    [Pid || Pid <- ordsets:intersection(pids(Modules, Known), pids(Later, Known)),
            Of <- [[Module || Module <- Modules ++ Later,
                              lists:keymember(Pid, 1, maps:get(Module, Known, []))]],
            length(own_job(Pid, Of)) =:= 1].

%% The next conversion is not for these. Earlier: what was postponed until this one.
skipped({convert_processes, down, _}, _, Earlier) -> Earlier;
skipped(_, Postponed, _) -> Postponed.

pids(Modules, Known) ->
    lists:usort(column(1, lists:append(maps:values(maps:with(Modules, Known))))).

loop(Pid) ->
    case process_info(Pid, current_function) of
        {_, {Module, _, _}} -> [Module];
        undefined -> []
    end.
