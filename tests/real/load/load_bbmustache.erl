%% SPDX-License-Identifier: BSD-3-Clause
-module(load_bbmustache).
%% A template that the code before the upgrade has compiled.
-export([start/0, use/1]).

start() -> bbmustache:parse_binary(<<"a {{b}}">>).

use(Template) -> <<"a c">> = bbmustache:compile(Template, #{"b" => "c"}), Template.
