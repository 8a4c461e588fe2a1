%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Sends which files the node sees under these names: {Device, Inode} of each, or why it sees none
%% (src/node/same_files.cpp compares them with those that the caller sees).
-module(erlrc_files).
-export([main/3]).

main(Argument, Client, Ref) ->
    %% The places of major_device and inode in #file_info{}.
    Client ! {Ref, [case file:read_file_info(Path, [raw]) of
                        {ok, Info} -> {element(10, Info), element(12, Info)};
                        {error, Reason} -> Reason
                    end || Path <- Argument]}.
