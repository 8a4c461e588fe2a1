%% SPDX-License-Identifier: BSD-3-Clause
-module(load_tftp).
-export([prepare/0, start/0, use/1]).

prepare() ->
    File = filename:join(filename:basedir(user_cache, "load_tftp"), "file"),
    ok = filelib:ensure_dir(File),
    ok = file:write_file(File, "content"),
    {ok, Server} = tftp:start([{port, 0}, {udp, [{ip, {127, 0, 0, 1}}]}]),
    {ok, Info} = tftp:info(Server),
    persistent_term:put(?MODULE, {proplists:get_value(port, Info), File}).

start() -> persistent_term:get(?MODULE).

use({Port, File} = Made) ->
    {ok, <<"content">>} = tftp:read_file(File, binary, [{host, "127.0.0.1"}, {port, Port}]),
    Made.
