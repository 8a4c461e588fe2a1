%% SPDX-License-Identifier: BSD-3-Clause
-module(load_xmerl).
-export([start/0, use/1]).

start() -> {Element, []} = xmerl_scan:string("<a><b c='d'/></a>"), Element.

use(Element) ->
    [{xmlAttribute, c, _, _, _, _, _, _, "d", _}] = xmerl_xpath:string("/a/b/@c", Element),
    {_, []} = xmerl_scan:string("<a><b c='d'/></a>"),
    Element.
