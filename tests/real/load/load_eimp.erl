%% SPDX-License-Identifier: BSD-3-Clause
-module(load_eimp).
%% A picture of one point, and something else.
-export([start/0, use/1]).

start() -> base64:decode("R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=").

use(Picture) ->
    gif = eimp:get_type(Picture),
    {error, _} = eimp:convert(<<"no picture">>, png),
    Picture.
