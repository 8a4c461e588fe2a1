%% SPDX-License-Identifier: BSD-3-Clause
-module(load_uuid).
-export([start/0, use/1]).

start() -> uuid:uuid4().

use(Id) -> Id = uuid:to_binary(uuid:to_string(Id)), true = uuid:is_valid(Id), Id.
