%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Breaks an application, to see whether a load (real_load.erl) notices it.
-module(real_break).
-export([suspend/2, resume/1, empty/1]).

%% Suspends all processes that run code of the application, wherever they are supervised, except those of the
%% load. Returns them.
suspend(App, Callers) ->
    Modules = modules(App),
    Pids = [Pid || Pid <- processes() -- [self() | Callers], runs(Pid, Modules)],
    [Pid || Pid <- Pids, true =:= (catch erlang:suspend_process(Pid))].

resume(Pids) -> [catch erlang:resume_process(Pid) || Pid <- Pids].

%% Empties all modules of the application. Its processes fail at their next call.
empty(App) ->
    Empty = [compile:forms([{attribute, 1, module, M}]) || M <- modules(App), erlang:module_loaded(M)],
    [code:load_binary(M, "empty", Code) || {ok, M, Code} <- Empty, code:soft_purge(M)].

modules(App) ->
    case application:get_key(App, modules) of
        {ok, Modules} -> Modules;
        undefined -> []
    end.

runs(Pid, Modules) ->
    case process_info(Pid, [initial_call, dictionary, current_stacktrace]) of
        [{_, Started}, {_, Dictionary}, {_, Stack}] ->
            Calls = [Started, proplists:get_value('$initial_call', Dictionary, none) | Stack],
            lists:any(fun(Call) -> is_tuple(Call) andalso lists:member(element(1, Call), Modules) end, Calls);
        undefined ->
            false
    end.
