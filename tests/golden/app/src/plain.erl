%% SPDX-License-Identifier: BSD-3-Clause
%% Calls, funs, literals and tests that need lists of operands: what fills the chunks of a module.
-module(plain).
-export([area/1, each/2, parse/1, renamed/1, stamp/0]).
-author("nobody").
-record(shape, {kind, size}).

area(#shape{kind = square, size = S}) -> S * S;
area(#shape{kind = circle, size = S}) -> 3.14159 * S * S;
area({other, Fun}) -> Fun(12345678901234567890123, -70000, "text", <<"binary">>).

each(Fun, List) -> lists:map(fun(X) -> Fun(X) + length(List) end, List).

parse(<<Length:16, Body:Length/binary, Rest/binary>>) -> {Body, Rest};
parse(<<"head", More/bits>>) -> parse(More);
parse(Other) when is_map(Other) -> maps:get(key, Other, #{a => [1, 2, 3], "b" => {4.5, c}}).

renamed(a) -> 1;
renamed(b) -> 2;
renamed(c) -> 300;
renamed(1) -> d;
renamed(2) -> e;
renamed(70000) -> f;
renamed(What) -> try binary_to_atom(What) catch error:badarg -> none end.

stamp() -> {erlang:system_time(), self()}.
