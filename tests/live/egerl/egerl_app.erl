%% SPDX-License-Identifier: BSD-3-Clause
-module(egerl_app).
-behaviour(application).
-export([start/2, stop/1]).
-ifdef(V2).
-export([version_change/2]).
-endif.

start(_, _) -> egerl_sup:start_link().
stop(_) -> ok.

-ifdef(V2).
version_change(From, Args) -> persistent_term:put(egerl_version_change, {From, Args}).
-endif.
