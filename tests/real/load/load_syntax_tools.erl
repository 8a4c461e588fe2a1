%% SPDX-License-Identifier: BSD-3-Clause
-module(load_syntax_tools).
-export([start/0, use/1]).

start() ->
    {ok, Tokens, _} = erl_scan:string("f(X) -> X + 1."),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

use(Form) -> "f(X) -> X + 1." = erl_prettypr:format(Form), Form.
