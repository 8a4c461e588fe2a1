%% SPDX-License-Identifier: BSD-3-Clause
-module(load_accept).
-export([start/0, use/1]).

start() -> "text/plain;q=0.5, text/html".

use(Header) -> "text/html" = accept_header:negotiate(Header, ["text/plain", "text/html"]), Header.
