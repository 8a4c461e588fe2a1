%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_new).
-ifdef(V2).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).
start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).
init(S) -> {ok, S}.
handle_call(_, _, S) -> {reply, new, S}.
handle_cast(_, S) -> {noreply, S}.
-endif.
