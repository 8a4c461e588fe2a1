%% SPDX-License-Identifier: BSD-3-Clause
-module(load_cuttlefish).
%% A schema that the code before the upgrade has read.
-export([start/0, use/1]).

start() -> cuttlefish_schema:strings(["{mapping, \"a.b\", \"app.c\", [{datatype, integer}]}.\n"]).

use(Schema) ->
    [{app, [{c, 3}]}] = cuttlefish_generator:map(Schema, conf_parse:parse(<<"a.b = 3\n">>)),
    Schema.
