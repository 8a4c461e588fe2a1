%% SPDX-License-Identifier: BSD-3-Clause
%% The words that the service knows.
-module(egerl_words).
-export([answer/2]).

%% answer(Line, {Serial, Requests}): returns the answer to one request of a connection.
answer(<<"count">>, {Serial, Requests}) ->
    io_lib:format("count ~b ~b ~b", [Serial, Requests, egerl_counter:up()]);
answer(<<"say ", Text/binary>>, _) ->
    ["said ", eglib_text:dress(Text)];
answer(<<"motd">>, _) ->
    {ok, Text} = application:get_env(egerl, motd),
    ["motd ", Text];
answer(<<"version">>, _) ->
    "version 4.2.0";
answer(_, _) ->
    "what?".
