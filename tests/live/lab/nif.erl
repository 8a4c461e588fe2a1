%% SPDX-License-Identifier: BSD-3-Clause
%% A module with functions from the library priv/MODULE.so (nif.c), which is loaded with the module.
-module(MODULE).
-vsn(?VSN).
-on_load(open/0).
-export([vsn/0, keep/0, kept_vsn/1, sum/2]).

open() ->
    erlang:load_nif(filename:join(code:priv_dir(APP), "MODULE"), ?VSN).

vsn() -> erlang:nif_error(not_loaded).
keep() -> erlang:nif_error(not_loaded).
kept_vsn(_) -> erlang:nif_error(not_loaded).
sum(_, _) -> erlang:nif_error(not_loaded).
