%% SPDX-License-Identifier: BSD-3-Clause
%% A module with ports to the driver priv/zoo_drv.so (driver.c) and to the program priv/bin/zoo_port.
-module(MODULE).
-vsn(?VSN).
-export([open/0, close/0]).

%% A process of its own has them: the caller may end.
open() ->
    Self = self(),
    Pid = spawn(fun() ->
                        Ports = open_ports(),
                        Self ! {self(), opened},
                        receive {From, close} -> [port_close(Port) || Port <- Ports], From ! closed end
                end),
    persistent_term:put(?MODULE, Pid),
    receive {Pid, opened} -> ok end.

open_ports() ->
    Priv = code:priv_dir(APP),
    ok = erl_ddll:load_driver(Priv, "zoo_drv"),
    Program = filename:join([Priv, "bin", "zoo_port"]),
    [open_port(Name, []) || Name <- [{spawn_driver, "zoo_drv"}, {spawn_executable, Program}]].

close() ->
    persistent_term:get(?MODULE) ! {self(), close},
    receive closed -> ok end,
    erl_ddll:unload_driver("zoo_drv").
