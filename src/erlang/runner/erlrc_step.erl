%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The steps of a plan, by families. A family is a module with a function of three arguments, whose clauses
%% for a kind of step are side by side:
%%   (do, Step, C)     does the step and returns the context for the next one. Before it changes something, it
%%                     writes into the journal, as an entry of its family, what undoes the change.
%%   (undo, Entry, C)  undoes the change. Returns the texts of what could not be rolled back, or anything
%%                     else if there is nothing to report.
%% The undo goes from the newest entry to the oldest, so each finds the node just as its step left it.
-module(erlrc_step).
-export([step/3]).
-import(erlrc_app_steps, [app_step/3]).
-import(erlrc_call_steps, [call_step/3]).
-import(erlrc_child_steps, [child_step/3]).
-import(erlrc_code_steps, [code_step/3]).
-import(erlrc_path_steps, [path_step/3]).
-import(erlrc_process_steps, [process_step/3]).

step(How, {processes, What}, C) -> process_step(How, What, C);
step(How, {code, What}, C) -> code_step(How, What, C);
step(How, {apps, What}, C) -> app_step(How, What, C);
step(How, {paths, What}, C) -> path_step(How, What, C);
step(How, {children, What}, C) -> child_step(How, What, C);
step(How, {calls, What}, C) -> call_step(How, What, C).
