%% SPDX-License-Identifier: BSD-3-Clause
-module(load_asn1).
-export([start/0, use/1]).

start() -> <<2, 1, 5>>.

use(Text) ->
    {{2, <<5>>} = Integer, <<>>} = asn1rt_nif:decode_ber_tlv(Text),
    Text = asn1rt_nif:encode_ber_tlv(Integer),
    Text.
