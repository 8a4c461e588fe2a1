%% SPDX-License-Identifier: BSD-3-Clause
-module(load_p1_mysql).
%% Connections to a server of ours that speaks MySQL's protocol and has one row for each question.
-export([prepare/0, start/0, use/1]).

-define(secure, 32768).

prepare() -> load_server:start(?MODULE, fun begin_session/1).

begin_session(Socket) ->
    Salt = <<"12345678", 0, ?secure:16/little, 0:128, "123456789012", 0>>,
    ok = gen_tcp:send(Socket, packet(0, <<10, "5.7.0", 0, 1:32, Salt/binary>>)),
    {ok, Login} = request(Socket),
    ok = gen_tcp:send(Socket, packet(number(Login) + 1, ok())),
    answers(Socket).

request(Socket) ->
    {ok, <<Size:24/little, _>> = Head} = gen_tcp:recv(Socket, 4),
    {ok, Content} = gen_tcp:recv(Socket, Size),
    {ok, <<Head/binary, Content/binary>>}.

number(<<_:24, N, _/binary>>) -> N.

answers(Socket) ->
    {ok, <<_:32, 3, Query/binary>>} = request(Socket),
    ok = gen_tcp:send(Socket, case Query of
                                  <<"use ", _/binary>> -> packet(1, ok());
                                  _ -> result()
                              end),
    answers(Socket).

%% One column, its end, one row, and the end of all.
result() ->
    Column = [text(T) || T <- ["def", "d", "t", "t", "name", "name"]],
    [packet(1, <<1>>), packet(2, [Column, <<12, 33:16/little, 255:32/little, 253, 0:40>>]),
     packet(3, finish()), packet(4, text("value")), packet(5, finish())].

packet(N, Content) -> [<<(iolist_size(Content)):24/little, N>>, Content].
text(Text) -> [length(Text), Text].
ok() -> <<0, 0, 0, 2, 0, 0, 0>>.
finish() -> <<254, 0, 0, 2, 0>>.

start() ->
    Log = fun(_, _, _) -> ok end,
    {ok, Connection} = p1_mysql_conn:start_link("127.0.0.1", load_server:port(?MODULE), "u", "p", "d", Log),
    Connection.

use(Connection) ->
    {data, Result} = p1_mysql_conn:squery(Connection, "select", self(), []),
    [["value"]] = p1_mysql:get_result_rows(Result),
    Connection.
