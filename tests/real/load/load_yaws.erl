%% SPDX-License-Identifier: BSD-3-Clause
-module(load_yaws).
%% A connection that stays, and a new one for each request, of an embedded server that has its driver and its
%% port program in use.
-export([prepare/0, start/0, use/1]).

prepare() ->
    Dir = filename:basedir(user_cache, "load_yaws"),
    ok = filelib:ensure_dir(filename:join(Dir, "file")),
    ok = file:write_file(filename:join(Dir, "page.txt"), "content"),
    Port = free_port(),
    persistent_term:put(?MODULE, Port),
    Server = [{servername, "localhost"}, {port, Port}, {listen, {127, 0, 0, 1}}],
    {ok, Servers, Config, _} = yaws_api:embedded_start_conf(Dir, Server, [{logdir, Dir}], "load"),
    ok = yaws_api:setconf(Config, Servers),
    %% As a daemon does it.
    case erl_ddll:load_driver(filename:join([code:lib_dir(yaws), "priv", "lib"]), setuid_drv) of
        ok -> _ = open_port({spawn, "setuid_drv g"}, []), ok;
        {error, permanent} -> ok
    end.

free_port() ->
    {ok, Socket} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Socket),
    gen_tcp:close(Socket),
    Port.

start() -> connect().

connect() ->
    Options = [binary, {active, false}, {packet, http_bin}],
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, persistent_term:get(?MODULE), Options, 60000),
    Socket.

use(Socket) ->
    get_page(Socket),
    Other = connect(),
    get_page(Other),
    gen_tcp:close(Other),
    Socket.

get_page(Socket) ->
    ok = gen_tcp:send(Socket, "GET /page.txt HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    {ok, {http_response, _, 200, _}} = gen_tcp:recv(Socket, 0, 60000),
    skip_header(Socket),
    ok = inet:setopts(Socket, [{packet, raw}]),
    {ok, <<"content">>} = gen_tcp:recv(Socket, 7, 60000),
    ok = inet:setopts(Socket, [{packet, http_bin}]).

skip_header(Socket) ->
    case gen_tcp:recv(Socket, 0, 60000) of
        {ok, http_eoh} -> ok;
        {ok, {http_header, _, _, _, _}} -> skip_header(Socket)
    end.
