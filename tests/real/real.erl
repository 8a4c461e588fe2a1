%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The part of the test of real packages that runs inside the node. It checks whether an application, of which
%% it knows nothing else, runs completely in one of its versions.
-module(real).
-export([difference/3, start_needed/2, processes/1, count/1, changes/0, problems/3, ends/1, stale/3, old_programs/2]).

%% "C of N": C of the N modules of both versions have changed code, were added or were removed.
difference(App, OldEbin, NewEbin) ->
    Old = md5s(App, OldEbin),
    New = md5s(App, NewEbin),
    All = maps:keys(maps:merge(Old, New)),
    Changed = [M || M <- All, maps:find(M, Old) =/= maps:find(M, New)],
    lists:flatten(io_lib:format("~p of ~p", [length(Changed), length(All)])).

md5s(App, Ebin) ->
    maps:from_list([{M, Md5} || M <- proplists:get_value(modules, spec(App, Ebin), []),
                                {ok, {_, Md5}} <- [beam_lib:md5(filename:join(Ebin, atom_to_list(M)))]]).

spec(App, Ebin) ->
    {ok, [{application, App, Keys}]} = file:consult(filename:join(Ebin, atom_to_list(App) ++ ".app")),
    Keys.

%% Starts the dependencies of the application in this directory; returns those that could not be started.
start_needed(App, Ebin) ->
    Keys = spec(App, Ebin),
    Needed = proplists:get_value(applications, Keys, []) -- proplists:get_value(optional_applications, Keys, []),
    [N || N <- Needed -- [kernel, stdlib, hipe], not started(N)].

started(App) ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Self ! {self(), application:ensure_all_started(App)} end),
    receive
        {Pid, Result} -> element(1, Result) =:= ok;
        {'DOWN', Ref, _, _, _} -> false
    after 120000 -> false
    end.

%% All processes whose output goes to the application's master: so also those outside of its supervision tree.
processes(App) ->
    case application_controller:get_master(App) of
        Master when is_pid(Master) ->
            lists:sort([Pid || Pid <- processes(), process_info(Pid, group_leader) =:= {group_leader, Master}]);
        undefined ->
            []
    end.

count(App) -> length(processes(App)).

%% What differs from the node at the mark. Children without a name, such as connections, come and go.
changes() ->
    [Row || {Section, Was, Is} = Row <- lab:diff(), Section =/= processes,
            Section =/= pids orelse lists:any(fun is_named/1, Was ++ Is)].

is_named({{_, undefined, _}, _}) -> false;
is_named(_) -> true.

%% Whether the application ends within half a second.
ends(App) ->
    timer:sleep(500),
    not lists:keymember(App, 1, application:which_applications()).

%% The reasons why the application does not run in the version of this directory. Modules is `all', or `some'
%% if the appup of the package chose which ones to load.
problems(App, Ebin, Modules) ->
    Keys = spec(App, Ebin),
    Vsn = proplists:get_value(vsn, Keys),
    Md5s = md5s(App, Ebin),
    lists:append(
      [[{key, vsn, application:get_key(App, vsn)} || application:get_key(App, vsn) =/= {ok, Vsn}],
       [{module, M} || Modules =:= all, {M, Md5} <- lists:sort(maps:to_list(Md5s)), loaded_md5(M) =/= Md5,
                       not is_generated(M)],
       [no_path || not lists:member(Ebin, code:get_path())],
       [not_running || not lists:keymember(App, 1, application:which_applications())],
       [{suspended, Pid} || Pid <- processes(), is_suspended(process_info(Pid, current_function))],
       [a_plan_runs || whereis(erlrc_runner) =/= undefined]]).

is_suspended({_, {sys, suspend_loop, _}}) -> true;
is_suspended({_, {sys, suspend_loop_hib, _}}) -> true;
is_suspended(_) -> false.

%% What the application has compiled itself stays its own.
is_generated(M) ->
    case code:is_loaded(M) of
        {file, [$/ | _]} -> false;
        Other -> Other =/= false
    end.

loaded_md5(M) ->
    case erlang:module_loaded(M) of
        true -> M:module_info(md5);
        false -> none
    end.

%% What leads to another version than that in Dir, which is installed. Lab has the directories of all.
stale(App, Lab, Dir) ->
    lists:append([[{dead_directory, D} || D <- code:get_path(), lists:prefix(Lab, D), not filelib:is_dir(D)],
                  [{other_directory, D} || D <- [code:lib_dir(App)], is_list(D), filelib:is_dir(Dir),
                                           inode(D) =/= inode(Dir)]]).

inode(File) ->
    {ok, Info} = file:read_file_info(File),
    element(12, Info).

%% The names of the programs at ports that are not those of the version in Dir, with a blank between them.
old_programs(Lab, Dir) ->
    Old = [filename:basename(Name)
           || Port <- erlang:ports(), {os_pid, Pid} <- [erlang:port_info(Port, os_pid)], is_integer(Pid),
              Exe <- ["/proc/" ++ integer_to_list(Pid) ++ "/exe"], {ok, Link} <- [file:read_link(Exe)],
              lists:prefix(Lab, Link), Name <- [hd(string:split(Link, " (deleted)"))],
              [_, Below] <- [string:split(Name, "/priv/")],
              file:read_file(filename:join([Dir, "priv", Below])) =/= file:read_file(Exe)],
    lists:append(lists:join(" ", lists:usort(Old))).
