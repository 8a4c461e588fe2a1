%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What planners need to know of the node's applications, in one answer that changes nothing (src/node/observe.cpp reads it).
-module(erlrc_observe).
-export([main/3]).

main(App, Client, Ref) ->
    Info = application:info(),
    Client ! {Ref, #{otp => erlang:system_info(otp_release),
                     lib_dir => code:lib_dir(),
                     loaded => [{Name, Vsn, case application:get_key(Name, included_applications) of
                                                {ok, Included} -> Included;
                                                undefined -> []
                                            end} || {Name, _, Vsn} <- proplists:get_value(loaded, Info, [])],
                     running => [Name || {Name, _} <- proplists:get_value(running, Info, [])],
                     types => proplists:get_value(started, Info, []),
                     starting => [element(1, Starting) || Starting <- proplists:get_value(starting, Info, [])],
                     code => case application:get_key(App, modules) of
                                 {ok, Modules} -> [{Module, Module:module_info(md5)}
                                                   || Module <- Modules, erlang:module_loaded(Module)];
                                 undefined -> []
                             end}}.
