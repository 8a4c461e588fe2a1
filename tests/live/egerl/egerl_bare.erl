%% SPDX-License-Identifier: BSD-3-Clause
%% A gen_server without a conversion of its state.
-module(egerl_bare).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, state, []).
init(S) -> {ok, S}.
handle_cast(_, S) -> {noreply, S}.

-ifndef(V2).
handle_call(_, _, S) -> {reply, {1, S}, S}.
-else.
handle_call(_, _, S) -> {reply, {2, S}, S}.
-endif.
