%% SPDX-License-Identifier: BSD-3-Clause
-module(load_cowlib).
%% The two ends of a connection of HTTP/2, whose tables of headers are states, and a line of HTTP/1.
-export([start/0, use/1]).

start() -> {cow_hpack:init(), cow_hpack:init()}.

use({Sender, Receiver}) ->
    Headers = [{<<":method">>, <<"GET">>}, {<<"x-load">>, <<"value">>}],
    {Block, Sender1} = cow_hpack:encode(Headers, Sender),
    {Headers, Receiver1} = cow_hpack:decode(iolist_to_binary(Block), Receiver),
    {<<"GET">>, <<"/">>, 'HTTP/1.1', <<>>} = cow_http:parse_request_line(<<"GET / HTTP/1.1\r\n">>),
    {Sender1, Receiver1}.
