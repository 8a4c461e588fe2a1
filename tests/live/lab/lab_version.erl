%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Finds out which version of an application a node runs.
-module(lab_version).
-export([condition/3]).

%% Returns old or new if the whole node matches the version in that directory; otherwise the differences from
%% both.
condition(App, OldDir, NewDir) ->
    _ = lab:await_idle(),
    case {problems(App, OldDir, NewDir), problems(App, NewDir, OldDir)} of
        {[], _} -> old;
        {_, []} -> new;
        {Old, New} -> {mixed, [{no_old, Old}, {no_new, New}]}
    end.

problems(App, Dir, Other) ->
    Keys = spec(App, Dir),
    Vsn = proplists:get_value(vsn, Keys),
    Modules = proplists:get_value(modules, Keys),
    Pids = lab:processes_of([App]),
    Path = code:get_path(),
    lists:append(
      [[{key, Key, application:get_key(App, Key)} || {Key, Value} <- Keys, Key =/= env,
                                                     application:get_key(App, Key) =/= {ok, Value}],
       [{env, Key, application:get_env(App, Key)} || {Key, Value} <- proplists:get_value(env, Keys, []),
                                                     application:get_env(App, Key) =/= {ok, Value}],
       [{module, M} || M <- Modules, loaded_md5(M) =/= file_md5(Dir, M)],
       [{too_many, M} || M <- proplists:get_value(modules, spec(App, Other)) -- Modules, loaded_md5(M) =/= none],
       [no_path || not lists:member(Dir ++ "/ebin", Path)],
       [other_path || lists:member(Other ++ "/ebin", Path)],
       [not_running || not lists:member(App, lab:running_apps())],
       [{process, Name, lab:status(Pid)} || {Name, Pid} <- Pids, lab:status(Pid) =/= running],
       [{state, Name, V} || {Name, Pid} <- Pids, V <- vsns(sys:get_state(Pid, 2000)), V =/= Vsn],
       [a_plan_runs || whereis(erlrc_runner) =/= undefined]]).

spec(App, Dir) ->
    {ok, [{application, App, Keys}]} = file:consult(filename:join([Dir, "ebin", atom_to_list(App) ++ ".app"])),
    Keys.

loaded_md5(M) ->
    case erlang:module_loaded(M) of
        true -> M:module_info(md5);
        false -> none
    end.

file_md5(Dir, M) ->
    {ok, {M, Md5}} = beam_lib:md5(filename:join([Dir, "ebin", atom_to_list(M)])),
    Md5.

vsns(#{vsn := Vsn}) -> [Vsn];
vsns([Head | Tail]) -> vsns(Head) ++ vsns(Tail);
vsns(Tuple) when is_tuple(Tuple) -> vsns(tuple_to_list(Tuple));
vsns(_) -> [].
