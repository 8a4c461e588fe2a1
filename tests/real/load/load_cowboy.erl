%% SPDX-License-Identifier: BSD-3-Clause
-module(load_cowboy).
%% A connection that is kept alive, with requests one after the other, and one on a connection of its own.
-export([prepare/0, start/0, use/1]).
-export([init/2]).

-define(answer, <<"answer">>).

prepare() ->
    Dispatch = cowboy_router:compile([{'_', [{"/", ?MODULE, []}]}]),
    {ok, _} = cowboy:start_clear(?MODULE, [{ip, {127, 0, 0, 1}}, {port, 0}],
                                 #{env => #{dispatch => Dispatch}, max_keepalive => 1000000}).

init(Request, State) -> {ok, cowboy_req:reply(200, #{}, ?answer, Request), State}.

start() -> connect().

connect() ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, ranch:get_port(?MODULE),
                                   [binary, {active, false}, {packet, http_bin}], 60000),
    Socket.

use(Socket) ->
    answered(Socket),
    Other = connect(),
    answered(Other),
    gen_tcp:close(Other),
    Socket.

answered(Socket) ->
    ok = inet:setopts(Socket, [{packet, http_bin}]),
    ok = gen_tcp:send(Socket, <<"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n">>),
    {ok, {http_response, _, 200, _}} = gen_tcp:recv(Socket, 0, 60000),
    headers(Socket),
    ok = inet:setopts(Socket, [{packet, raw}]),
    {ok, ?answer} = gen_tcp:recv(Socket, byte_size(?answer), 60000).

headers(Socket) ->
    case gen_tcp:recv(Socket, 0, 60000) of
        {ok, http_eoh} -> ok;
        {ok, {http_header, _, _, _, _}} -> headers(Socket)
    end.
