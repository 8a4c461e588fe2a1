%% SPDX-License-Identifier: BSD-3-Clause
-module(load_ra).
%% A cluster of one member, which writes each command to its log.
-export([prepare/0, start/0, use/1]).

prepare() -> {ok, [_], []} = ra:start_cluster(load, {simple, fun erlang:'+'/2, 0}, [member()]).

member() -> {load, node()}.

start() -> 0.

use(Last) ->
    {ok, Next, _} = ra:process_command(member(), 1, 60000),
    true = Next > Last,
    Next.
