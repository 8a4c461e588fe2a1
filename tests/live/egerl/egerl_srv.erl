%% SPDX-License-Identifier: BSD-3-Clause
%% A gen_server whose state was a number, and is {number, NUMBER} since version 2.
-module(egerl_srv).
-behaviour(gen_server).
-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, 1, []).
handle_cast(_, S) -> {noreply, S}.

-ifndef(V2).
init(N) -> {ok, N}.
handle_call(_, _, N) -> {reply, egerl_lib:old(N), N + 1}.
code_change(_, S, _) -> {ok, S}.
-else.
init(N) -> {ok, {number, N}}.
handle_call(_, _, {number, N}) -> {reply, egerl_lib:new(N), {number, N + 1}}.
code_change({down, _}, {number, N}, []) -> {ok, N};
code_change(_, N, []) -> {ok, {number, N}}.
-endif.
