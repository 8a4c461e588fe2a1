%% SPDX-License-Identifier: BSD-3-Clause
-module(load_fast_xml).
%% Parses elements, and a stream that stays open.
-export([start/0, use/1]).

start() -> fxml_stream:parse(fxml_stream:new(self()), <<"<stream>">>).

use(Stream) ->
    {xmlel, <<"a">>, _, _} = fxml_stream:parse_element(<<"<a b='c'>d</a>">>),
    Next = fxml_stream:parse(Stream, <<"<x/>">>),
    receive {'$gen_event', {xmlstreamelement, _}} -> Next after 60000 -> error(no_element) end.
