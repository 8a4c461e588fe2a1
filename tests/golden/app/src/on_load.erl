%% SPDX-License-Identifier: BSD-3-Clause
%% Loads a NIF library whenever it is loaded, as it should.
-module(on_load).
-export([native/1]).
-nifs([native/1]).
-on_load(open/0).

native(_) -> erlang:nif_error(not_loaded).

open() -> erlang:load_nif("nowhere", 0).
