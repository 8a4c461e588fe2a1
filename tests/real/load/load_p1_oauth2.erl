%% SPDX-License-Identifier: BSD-3-Clause
-module(load_p1_oauth2).
-export([start/0, use/1]).

start() -> <<"a b">>.

use(Scope) -> true = oauth2_priv_set:is_member([<<"a">>], oauth2_priv_set:new([[<<"a">>]])), Scope.
