%% SPDX-License-Identifier: BSD-3-Clause
-module(load_inets).
%% A server of this application that answers a client of this application.
-export([prepare/0, start/0, use/1]).
-export([do/1]).

prepare() ->
    Root = filename:basedir(user_cache, "load_inets"),
    ok = filelib:ensure_dir(filename:join(Root, "x")),
    {ok, Server} = inets:start(httpd, [{port, 0}, {bind_address, {127, 0, 0, 1}}, {server_name, "load"},
                                       {server_root, Root}, {document_root, Root}, {modules, [?MODULE]}]),
    persistent_term:put(?MODULE, proplists:get_value(port, httpd:info(Server))).

do(_Request) -> {proceed, [{response, {200, "answer"}}]}.

start() -> "http://127.0.0.1:" ++ integer_to_list(persistent_term:get(?MODULE)) ++ "/".

use(Url) -> {ok, {{_, 200, _}, _, "answer"}} = httpc:request(get, {Url, []}, [{timeout, 60000}], []), Url.
