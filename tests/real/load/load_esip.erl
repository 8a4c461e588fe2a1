%% SPDX-License-Identifier: BSD-3-Clause
-module(load_esip).
-export([start/0, use/1]).

start() -> <<"sip:a@b.example:5060">>.

use(Uri) ->
    Uri = iolist_to_binary(esip:encode_uri(esip:decode_uri(Uri))),
    <<_/binary>> = iolist_to_binary(esip:make_tag()),
    Uri.
