%% SPDX-License-Identifier: BSD-3-Clause
%% An on_load function without NIFs, behind so many others that its label has two bytes.
-module(on_load_only).
-export([f/1]).
-on_load(open/0).

f(0) -> a; f(1) -> b; f(2) -> c; f(3) -> d; f(N) when N < 0 -> g(-N); f(N) -> g(N - 1).

g(0) -> a; g(1) -> b; g(2) -> c; g(3) -> d; g(N) when N < 0 -> h(-N); g(N) -> h(N - 1).

h(0) -> a; h(1) -> b; h(2) -> c; h(3) -> d; h(N) when N < 0 -> f(-N); h(N) -> f(N - 1).

open() -> persistent_term:put(?MODULE, loaded).
