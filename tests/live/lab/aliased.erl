%% SPDX-License-Identifier: BSD-3-Clause
%% A module that looks for its library by another name of the application, as in Debian's p1 packages.
-module(MODULE).
-vsn(?VSN).
-on_load(open/0).
-export([vsn/0, keep/0, kept_vsn/1, sum/2]).

open() ->
    erlang:load_nif(filename:join(code:priv_dir(fast_APP), "MODULE"), ?VSN).

vsn() -> erlang:nif_error(not_loaded).
keep() -> erlang:nif_error(not_loaded).
kept_vsn(_) -> erlang:nif_error(not_loaded).
sum(_, _) -> erlang:nif_error(not_loaded).
