%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Evaluates an expression that a user typed, and answers {value, Text} or {raised, Text}.
-module(erlrc_eval).
-export([main/3]).

main(Text, Client, Ref) ->
    %% Output of the expression belongs to the node: the client that asked does no io protocol.
    case whereis(user) of
        undefined -> ok;
        User -> group_leader(User, self())
    end,
    Answer = try
                 {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text)),
                 {ok, Expressions} = erl_parse:parse_exprs(Tokens),
                 {value, Value, _} = erl_eval:exprs(Expressions, []),
                 {value, unicode:characters_to_binary(io_lib:format("~tp", [Value]))}
             catch
                 error:{badmatch, {error, {_, Module, Reason}, _}}:_ when is_atom(Module) ->
                     {raised, unicode:characters_to_binary(Module:format_error(Reason))};
                 error:{badmatch, {error, {_, Module, Reason}}}:_ when is_atom(Module) ->
                     {raised, unicode:characters_to_binary(Module:format_error(Reason))};
                 Class:Reason:_ ->
                     {raised, unicode:characters_to_binary(io_lib:format("~p ~0tP", [Class, Reason, 50]))}
             end,
    Client ! {Ref, Answer}.
