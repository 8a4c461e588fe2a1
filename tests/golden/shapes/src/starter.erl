%% SPDX-License-Identifier: BSD-3-Clause
%% The callback module of an application. Version 2 has another function, version 3 starts something else.
-module(starter).
-behaviour(application).
-export([start/2, stop/1]).

start(_, _) -> listen(), starter_sup:start_link().

-if(?VSN =:= 3).
listen() -> listener:start(#{port => 8081}).
-else.
listen() -> listener:start(#{port => 8080}).
-endif.

-if(?VSN =:= 1).
stop(_) -> ok.
-else.
stop(_) -> listener:stop().
-endif.
