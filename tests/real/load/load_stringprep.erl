%% SPDX-License-Identifier: BSD-3-Clause
-module(load_stringprep).
-export([start/0, use/1]).

start() -> none.

use(none) -> <<"abc">> = stringprep:nodeprep(<<"Abc">>), none.
