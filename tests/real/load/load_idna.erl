%% SPDX-License-Identifier: BSD-3-Clause
-module(load_idna).
-export([start/0, use/1]).

start() -> "b\x{fc}cher.example".

use(Name) -> "xn--bcher-kva.example" = idna:encode(Name), Name.
