%% SPDX-License-Identifier: BSD-3-Clause
-module(load_fast_tls).
%% Digests, and a session that stays open.
-export([prepare/0, start/0, use/1]).

prepare() ->
    {ok, _} = application:ensure_all_started(public_key),
    Own = [{key, {namedCurve, secp256r1}}, {digest, sha256}],
    Chain = #{root => Own, intermediates => [], peer => Own},
    #{server_config := Server} = public_key:pkix_test_data(#{server_chain => Chain, client_chain => Chain}),
    {KeyType, Key} = proplists:get_value(key, Server),
    Entries = [{'Certificate', proplists:get_value(cert, Server), not_encrypted},
               {KeyType, Key, not_encrypted}],
    File = filename:join(filename:basedir(user_cache, "load_fast_tls"), "pem"),
    ok = filelib:ensure_dir(File),
    ok = file:write_file(File, public_key:pem_encode(Entries)),
    load_server:start(?MODULE, fun(Socket) ->
                                       {ok, Session} = fast_tls:tcp_to_tls(Socket, [{certfile, File}]),
                                       echo(Session)
                               end).

echo(Session) ->
    case fast_tls:recv(Session, 0, 60000) of
        {ok, Data} -> _ = Data =/= <<>> andalso (ok = fast_tls:send(Session, Data)), echo(Session);
        {error, _} -> ok
    end.

start() ->
    Port = load_server:port(?MODULE),
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}], 60000),
    {ok, Session} = fast_tls:tcp_to_tls(Socket, [connect, verify_none]),
    Session.

use(Session) ->
    <<_/binary>> = iolist_to_binary(p1_sha:sha(<<"x">>)),
    ok = fast_tls:send(Session, <<"ping">>),
    <<"ping">> = answer(Session, <<>>),
    Session.

answer(_, <<_, _, _, _>> = Answer) ->
    Answer;
answer(Session, Begin) ->
    {ok, Data} = fast_tls:recv(Session, 0, 60000),
    answer(Session, <<Begin/binary, Data/binary>>).
