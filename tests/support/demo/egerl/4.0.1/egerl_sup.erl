%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    {ok, {#{strategy => one_for_one},
          [#{id => egerl_counter, start => {egerl_counter, start_link, []}},
           #{id => egerl_conn_sup, start => {egerl_conn_sup, start_link, []}, type => supervisor,
             modules => [egerl_conn_sup]},
           #{id => egerl_listener, start => {egerl_listener, start_link, []}},
           #{id => egerl_acceptor, start => {egerl_acceptor, start_link, []}}]}}.
