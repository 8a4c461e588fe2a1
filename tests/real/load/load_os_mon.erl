%% SPDX-License-Identifier: BSD-3-Clause
-module(load_os_mon).
-export([start/0, use/1]).

start() -> none.

use(none) ->
    {_, _, _} = memsup:get_memory_data(),
    true = is_integer(cpu_sup:nprocs()),
    [_ | _] = disksup:get_disk_data(),
    none.
