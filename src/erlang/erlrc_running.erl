%% SPDX-License-Identifier: BSD-3-Clause
%%
%% What runs on the node, and nothing else: all that a start has to know which finds its application running. It is sent and
%% evaluated in a third of the time of erlrc_observe.
-module(erlrc_running).
-export([main/3]).

main(Argument, Client, Ref) ->
    _ = Argument,
    Client ! {Ref, #{info => application:info()}}.
