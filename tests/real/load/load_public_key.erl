%% SPDX-License-Identifier: BSD-3-Clause
-module(load_public_key).
-export([start/0, use/1]).

-include_lib("public_key/include/public_key.hrl").

start() -> public_key:generate_key({namedCurve, secp256r1}).

use(Key) ->
    Signature = public_key:sign(<<"text">>, sha256, Key),
    Public = {#'ECPoint'{point = element(5, Key)}, element(4, Key)},
    true = public_key:verify(<<"text">>, sha256, Signature, Public),
    Key.
