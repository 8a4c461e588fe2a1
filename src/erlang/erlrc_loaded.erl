%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Sends which of some modules are loaded, from which files, and the identity of their code
%% (src/coordinator/moved_modules.cpp).
-module(erlrc_loaded).
-export([main/3]).

main(Modules, Client, Ref) ->
    Client ! {Ref, [{Module, unicode:characters_to_binary(File), erlang:get_module_info(Module, md5)}
                    || Module <- Modules, {file, File} <- [code:is_loaded(Module)], is_list(File)]}.
