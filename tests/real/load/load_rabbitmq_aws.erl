%% SPDX-License-Identifier: BSD-3-Clause
-module(load_rabbitmq_aws).
%% Keeps what a caller gives it.
-export([start/0, use/1]).

start() -> ok = rabbitmq_aws:set_credentials("key", "secret").

use(ok) ->
    ok = rabbitmq_aws:set_region("eu-west-3"),
    true = rabbitmq_aws:has_credentials(),
    ok.
