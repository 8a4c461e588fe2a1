%% SPDX-License-Identifier: BSD-3-Clause
-module(load_amqp10_common).
-export([start/0, use/1]).

start() -> {described, {symbol, <<"amqp:open:list">>}, {list, [{utf8, <<"load">>}]}}.

use(Open) ->
    Text = iolist_to_binary(amqp10_binary_generator:generate(Open)),
    [Decoded] = amqp10_framing:decode_bin(Text),
    [Decoded] = amqp10_framing:decode_bin(iolist_to_binary(amqp10_framing:encode_bin(Decoded))),
    Open.
