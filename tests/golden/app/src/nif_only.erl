%% SPDX-License-Identifier: BSD-3-Clause
%% Loads its NIF library when it is told to: whatever loads the module again takes its NIFs away. The operands of
%% like/2 hold the bytes of an on_load function.
-module(nif_only).
-export([native/1, open/1, like/2]).

native(_) -> erlang:nif_error(not_loaded).

open(Dir) -> erlang:load_nif(filename:join(Dir, "nowhere"), 0).

like(X, 16#0100011095) -> X band 16#0100011095;
like(X, Y) -> X bxor Y.
