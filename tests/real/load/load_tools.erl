%% SPDX-License-Identifier: BSD-3-Clause
-module(load_tools).
%% A server that knows the calls of a module.
-export([start/0, use/1]).

start() ->
    {ok, Server} = xref:start([{xref_mode, modules}]),
    {ok, load_server} = xref:add_module(Server, code:which(load_server)),
    Server.

use(Server) ->
    {ok, [load_server]} = xref:q(Server, "AM"),
    Server.
