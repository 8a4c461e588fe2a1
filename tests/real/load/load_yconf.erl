%% SPDX-License-Identifier: BSD-3-Clause
-module(load_yconf).
-export([start/0, use/1]).

start() -> yconf:enum([a, b]).

use(Validator) -> a = Validator(<<"a">>), Validator.
