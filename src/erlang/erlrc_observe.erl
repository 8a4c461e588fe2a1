%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Sends what planners need to know of the node's applications, in one answer, and changes nothing
%% (src/node/observe.cpp reads it).
%%
%% It is part of every call, so it is short and has library functions do what is done for each of many.
-module(erlrc_observe).
-export([main/3]).

main(Argument, Client, Ref) ->
    Info = application:info(),
    Client ! {Ref, #{otp => erlang:system_info(otp_release),
                     lib_dir => code:lib_dir(),
                     booting => case init:get_status() of
                                    {starting, Progress} -> Progress =/= started;
                                    _ -> false
                                end,
                     info => Info,
                     included => [application:get_key(App, included_applications)
                                  || {App, _, _} <- proplists:get_value(loaded, Info)],
                     applications => [application:get_key(App, applications)
                                      || {App, _, _} <- proplists:get_value(loaded, Info)],
                     code => case application:get_key(Argument, modules) of
                                 {ok, Modules} ->
                                     Loaded = lists:filter(fun erlang:module_loaded/1, Modules),
                                     Md5 = lists:duplicate(length(Loaded), md5),
                                     Md5s = lists:zipwith(fun erlang:get_module_info/2, Loaded, Md5),
                                     lists:zip(Loaded, Md5s);
                                 undefined ->
                                     []
                             end,
                     maps => case Argument =/= [] andalso file:read_file("/proc/self/maps") of
                                 {ok, Maps} -> Maps;
                                 _ -> <<>>
                             end}}.
