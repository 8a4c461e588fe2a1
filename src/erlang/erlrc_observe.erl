%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Sends what planners need to know of the node's applications, in one answer, and changes nothing
%% (src/node/observe.cpp reads it).
%%
%% It is part of every call, so it is short and has library functions do what is done for each of many.
-module(erlrc_observe).
-export([main/3]).

main(Argument, Client, Ref) ->
    {App, Files} = Argument,
    Info = application:info(),
    %% The modules that are loaded from files whose names begin so.
    LoadedFrom = fun(Begin) ->
                         Spec = ets:match_spec_compile([{{'$1', Begin ++ '_'}, [], ['$1']}]),
                         ets:match_spec_run(code:all_loaded(), Spec)
                 end,
    Loaded = case application:get_key(App, modules) of
                 undefined ->
                     [];
                 {ok, Modules} ->
                     Listed = lists:filter(fun erlang:module_loaded/1, Modules),
                     case code:lib_dir(App) of
                         {error, _} ->
                             Listed;
                         Dir ->
                             %% What has not changed since an earlier version was loaded from there.
                             [Name | Vsn] = string:split(filename:basename(Dir), "-"),
                             Begin = filename:join(filename:dirname(Dir), Name),
                             After = case Vsn of [] -> "/ebin/"; _ -> "-" end,
                             lists:usort(Listed ++ LoadedFrom(Begin ++ After))
                     end
             end,
    Client ! {Ref, #{otp => erlang:system_info(otp_release),
                     lib_dir => code:lib_dir(),
                     booting => case init:get_status() of
                                    {starting, Progress} -> Progress =/= started;
                                    _ -> false
                                end,
                     runner => case whereis(erlrc_runner) of
                                   undefined -> none;
                                   Runner -> pid_to_list(Runner)
                               end,
                     info => Info,
                     included => [application:get_key(Each, included_applications)
                                  || {Each, _, _} <- proplists:get_value(loaded, Info)],
                     applications => [application:get_key(Each, applications)
                                      || {Each, _, _} <- proplists:get_value(loaded, Info)],
                     code => lists:zip(Loaded, lists:zipwith(fun erlang:get_module_info/2, Loaded,
                                                             lists:duplicate(length(Loaded), md5))),
                     generated => case Loaded of [] -> []; _ -> Loaded -- LoadedFrom("/") end,
                     maps => case Loaded =/= [] andalso file:read_file("/proc/self/maps") of
                                 {ok, Maps} -> Maps;
                                 _ -> <<>>
                             end,
                     %% The same as erlrc_files sends.
                     files => [case file:read_file_info(Path, [raw]) of
                                   {ok, File} -> {element(10, File), element(12, File)};
                                   {error, Reason} -> Reason
                               end || Path <- Files]}}.
