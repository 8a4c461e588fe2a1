%% SPDX-License-Identifier: BSD-3-Clause
-module(load_credentials_obfuscation).
-export([start/0, use/1]).

start() -> credentials_obfuscation:encrypt(<<"secret">>).

use(Encrypted) ->
    <<"secret">> = credentials_obfuscation:decrypt(Encrypted),
    <<"secret">> = credentials_obfuscation:decrypt(credentials_obfuscation:encrypt(<<"secret">>)),
    Encrypted.
