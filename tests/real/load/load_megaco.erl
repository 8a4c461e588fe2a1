%% SPDX-License-Identifier: BSD-3-Clause
-module(load_megaco).
%% A user of the application, and messages that its scanner reads, which is a driver.
-export([prepare/0, start/0, use/1]).

-define(user, {deviceName, "load"}).
-define(message, <<"MEGACO/1 [127.0.0.1]:2944 Transaction = 1 {Context = - {ServiceChange = ROOT ",
                   "{Services {Method = Restart, Reason = \"901\"}}}}">>).

prepare() -> ok = megaco:start_user(?user, [{request_timer, 5000}]).

start() ->
    {ok, Scanner} = megaco_flex_scanner:start(),
    [{flex, Scanner}].

use(Config) ->
    5000 = megaco:user_info(?user, request_timer),
    {ok, Message} = megaco_pretty_text_encoder:decode_message(Config, ?message),
    {ok, Text} = megaco_pretty_text_encoder:encode_message(Config, Message),
    {ok, Message} = megaco_pretty_text_encoder:decode_message(Config, Text),
    Config.
