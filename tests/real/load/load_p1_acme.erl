%% SPDX-License-Identifier: BSD-3-Clause
-module(load_p1_acme).
-export([start/0, use/1]).

start() -> #{<<"type">> => <<"t">>, <<"detail">> => <<"d">>, <<"status">> => 404}.

use(Error) ->
    {ok, Decoded} = p1_acme_codec:decode_err_obj(Error),
    true = is_map(Decoded),
    Error.
