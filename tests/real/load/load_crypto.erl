%% SPDX-License-Identifier: BSD-3-Clause
-module(load_crypto).
%% A cipher that is used for one part of a text after the other, and digests.
-export([start/0, use/1]).

-define(key, <<0:128>>).

start() -> {cipher(true), cipher(false)}.

cipher(Encrypts) -> crypto:crypto_init(aes_128_ctr, ?key, <<0:128>>, Encrypts).

use({Encrypt, Decrypt} = Made) ->
    <<"text">> = crypto:crypto_update(Decrypt, crypto:crypto_update(Encrypt, <<"text">>)),
    <<16#2c26b46b:32, _/binary>> = crypto:hash(sha256, <<"foo">>),
    Made.
