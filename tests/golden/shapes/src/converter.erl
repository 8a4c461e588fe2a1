%% SPDX-License-Identifier: BSD-3-Clause
%% A server whose author has set the vsn. Version 2 has other code, version 3 another conversion, in a function that
%% code_change calls.
-module(converter).
-vsn("1").
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, code_change/3]).

-if(?VSN > 1).
handle_cast({dump, File, Key}, State) ->
    ok = file:write_file(File, io_lib:format("~p ~p~n", [{dump, of_state, Key}, State])),
    {noreply, lists:filter(fun(Each) -> Each =/= Key end, State)};
handle_cast(_, State) -> {noreply, State}.
-else.
handle_cast(_, State) -> {noreply, State}.
-endif.

init([]) -> {ok, []}.

handle_call(get, _, State) -> {reply, State, State}.

code_change(_, State, Extra) ->
    {ok, lists:map(fun(Each) when is_tuple(Each), element(1, Each) =:= Extra -> Each;
                      (Each) -> convert(Each, Extra)
                   end, State)}.

-if(?VSN > 2).
convert(Each, Extra) -> {Extra, Each, [usd, {rate, 1.5}]}.
-else.
convert(Each, Extra) -> {Extra, Each, [eur, {rate, 1.5}]}.
-endif.
