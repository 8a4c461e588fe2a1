%% SPDX-License-Identifier: BSD-3-Clause
-module(load_ezlib).
%% Compressed connections that stay open, to a server of ours.
-export([prepare/0, start/0, use/1]).

prepare() -> load_server:start(?MODULE, fun(Socket) -> echo(compressed(Socket)) end).

compressed(Socket) ->
    {ok, Compressed} = ezlib:enable_zlib(gen_tcp, Socket),
    Compressed.

echo(Compressed) ->
    case ezlib:recv(Compressed, 0, 60000) of
        {ok, Data} -> _ = Data =/= <<>> andalso (ok = ezlib:send(Compressed, Data)), echo(Compressed);
        {error, _} -> ok
    end.

start() ->
    Port = load_server:port(?MODULE),
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}], 60000),
    compressed(Socket).

use(Compressed) ->
    ok = ezlib:send(Compressed, <<"ping">>),
    <<"ping">> = answer(Compressed, <<>>),
    Compressed.

answer(_, <<_, _, _, _>> = Answer) ->
    Answer;
answer(Compressed, Begin) ->
    {ok, Data} = ezlib:recv(Compressed, 0, 60000),
    answer(Compressed, <<Begin/binary, Data/binary>>).
