%% SPDX-License-Identifier: BSD-3-Clause
-module(load_xmpp).
-export([start/0, use/1]).

start() -> jid:decode(<<"a@b/c">>).

use(Jid) ->
    <<"a@b/c">> = jid:encode(Jid),
    Presence = xmpp:decode({xmlel, <<"presence">>, [{<<"xmlns">>, <<"jabber:client">>}], []}),
    {xmlel, <<"presence">>, _, _} = xmpp:encode(Presence),
    Jid.
