%% SPDX-License-Identifier: BSD-3-Clause
%% A module whose library is always that of version 1.0.0, because it does not look for its own version.
-module(MODULE).
-vsn(?VSN).
-on_load(open/0).
-export([vsn/0, keep/0, kept_vsn/1, sum/2]).

open() ->
    Apps = filename:dirname(code:lib_dir(APP)),
    erlang:load_nif(filename:join([Apps, "APP-1.0.0", "priv", "MODULE"]), ?VSN).

vsn() -> erlang:nif_error(not_loaded).
keep() -> erlang:nif_error(not_loaded).
kept_vsn(_) -> erlang:nif_error(not_loaded).
sum(_, _) -> erlang:nif_error(not_loaded).
