%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What planners need to know of the node's applications, in one answer that changes nothing (src/node/observe.cpp reads it).
-module(erlrc_observe).
-export([main/3]).

main(_, Client, Ref) ->
    Info = application:info(),
    Client ! {Ref, #{otp => erlang:system_info(otp_release),
                     lib_dir => code:lib_dir(),
                     loaded => [{App, Vsn, case application:get_key(App, included_applications) of
                                               {ok, Included} -> Included;
                                               undefined -> []
                                           end} || {App, _, Vsn} <- proplists:get_value(loaded, Info, [])],
                     running => [App || {App, _} <- proplists:get_value(running, Info, [])],
                     types => proplists:get_value(started, Info, []),
                     starting => [element(1, Starting) || Starting <- proplists:get_value(starting, Info, [])]}}.
