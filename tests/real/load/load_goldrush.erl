%% SPDX-License-Identifier: BSD-3-Clause
-module(load_goldrush).
-export([start/0, use/1]).

start() ->
    Name = list_to_atom("load_query_" ++ pid_to_list(self())),
    Self = self(),
    Found = fun(Event) -> Self ! {event, gre:fetch(b, Event)} end,
    {ok, Name} = glc:compile(Name, glc:with(glc:eq(a, 1), Found)),
    Name.

use(Name) ->
    glc:handle(Name, gre:make([{a, 1}, {b, 2}], [list])),
    receive {event, 2} -> Name after 60000 -> error(no_event) end.
