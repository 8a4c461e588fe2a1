%% SPDX-License-Identifier: BSD-3-Clause
-module(load_sqlite3).
-export([start/0, use/1]).

start() ->
    Name = list_to_atom("load_sqlite3_" ++ pid_to_list(self())),
    {ok, _} = sqlite3:open(Name, [in_memory]),
    ok = sqlite3:sql_exec(Name, "create table t (n integer)"),
    Name.

use(Name) ->
    {rowid, N} = sqlite3:sql_exec(Name, "insert into t values (1)"),
    [{columns, _}, {rows, [{N}]}] = sqlite3:sql_exec(Name, "select count(*) from t"),
    Name.
