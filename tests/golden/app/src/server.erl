%% SPDX-License-Identifier: BSD-3-Clause
%% A server with a vsn of its own, spelt the British and the American way.
-module(server).
-behaviour(gen_server).
-behavior(other_behaviour).
-vsn("4.0.1").
-export([init/1, handle_call/3, handle_cast/2, code_change/3]).

init(Args) -> {ok, Args}.
handle_call(_, _, S) -> {reply, S, S}.
handle_cast(_, S) -> {noreply, S}.
code_change(_, S, _) -> {ok, S}.
