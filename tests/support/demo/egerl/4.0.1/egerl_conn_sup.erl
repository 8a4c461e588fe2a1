%% SPDX-License-Identifier: BSD-3-Clause
%% One child for each connection.
-module(egerl_conn_sup).
-behaviour(supervisor).
-export([start_link/0, serve/1, init/1]).

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).

%% serve(Socket): starts a process that takes over the connection. Must be called by the socket's owner.
serve(Socket) ->
    {ok, Pid} = supervisor:start_child(?MODULE, [Socket]),
    case gen_tcp:controlling_process(Socket, Pid) of
        ok -> egerl_conn:go(Pid);
        {error, _} -> gen_tcp:close(Socket), exit(Pid, kill)
    end.

init([]) ->
    {ok, {#{strategy => simple_one_for_one},
          [#{id => egerl_conn, start => {egerl_conn, start_link, []}, restart => temporary}]}}.
