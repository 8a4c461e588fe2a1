%% SPDX-License-Identifier: BSD-3-Clause
-module(load_pkix).
%% A certificate of ours, found by its name.
-export([prepare/0, start/0, use/1]).

-include_lib("public_key/include/public_key.hrl").

prepare() ->
    {ok, _} = application:ensure_all_started(public_key),
    Dir = filename:basedir(user_cache, "load_pkix"),
    File = filename:join(Dir, "pem"),
    ok = filelib:ensure_dir(File),
    ok = file:write_file(File, pem()),
    ok = pkix:add_file(File),
    {ok, _, _, _} = pkix:commit(filename:join(Dir, "out")).

pem() ->
    Extension = #'Extension'{extnID = ?'id-ce-subjectAltName', extnValue = [{dNSName, "load.example"}]},
    Key = {key, {rsa, 2048, 65537}},
    Chain = #{root => [Key], intermediates => [], peer => [Key, {extensions, [Extension]}]},
    #{server_config := Server} = public_key:pkix_test_data(#{server_chain => Chain, client_chain => Chain}),
    {Type, Private} = proplists:get_value(key, Server),
    public_key:pem_encode([{'Certificate', proplists:get_value(cert, Server), not_encrypted},
                           {Type, Private, not_encrypted}]).

start() -> <<"load.example">>.

use(Name) ->
    {_, Rsa, _} = pkix:get_certfile(Name),
    true = is_binary(Rsa),
    Name.
