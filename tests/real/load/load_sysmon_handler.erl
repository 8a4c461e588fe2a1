%% SPDX-License-Identifier: BSD-3-Clause
-module(load_sysmon_handler).
-export([start/0, use/1]).

start() -> sysmon_handler_filter:get_config().

use(Config) -> Config = sysmon_handler_filter:get_config(), Config.
