%% SPDX-License-Identifier: BSD-3-Clause
-module(load_erlware_commons).
-export([start/0, use/1]).

start() -> ec_semver:parse("1.2.3").

use(Version) -> true = ec_semver:gt("1.2.4", Version), Version.
