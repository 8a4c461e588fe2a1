%% SPDX-License-Identifier: BSD-3-Clause
-module(load_xmpp).
%% With modules that the application compiles while it runs.
-export([prepare/0, start/0, use/1]).

prepare() ->
    ok = xmpp:set_config([{debug, false}, {fqdn, [<<"load">>]}]),
    ok = xmpp:register_codec(p1_mucsub),
    {file, "nofile"} = code:is_loaded(xmpp_config),
    ok.

start() -> jid:decode(<<"a@b/c">>).

use(Jid) ->
    [<<"load">>] = proplists:get_value(fqdn, xmpp:get_config()),
    <<"a@b/c">> = jid:encode(Jid),
    Presence = xmpp:decode({xmlel, <<"presence">>, [{<<"xmlns">>, <<"jabber:client">>}], []}),
    {xmlel, <<"presence">>, _, _} = xmpp:encode(Presence),
    Jid.
