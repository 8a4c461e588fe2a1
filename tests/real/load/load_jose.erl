%% SPDX-License-Identifier: BSD-3-Clause
-module(load_jose).
-export([start/0, use/1]).

start() -> jose_jwk:from_map(#{<<"kty">> => <<"oct">>, <<"k">> => base64:encode(<<"secret">>)}).

use(Key) ->
    {_, Signed} = jose_jws:compact(jose_jwt:sign(Key, #{<<"alg">> => <<"HS256">>}, #{<<"a">> => 1})),
    {true, {jose_jwt, #{<<"a">> := 1}}, _} = jose_jwt:verify(Key, Signed),
    Key.
