#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%! -noinput +pc unicode
%% Results of a real Erlang for terms; requests and answers are files in the external term format.
%%
%%   term.escript consult OUT    [{Path, Bytes, Terms | error}] for every file of terms of OTP, and of Elixir if it is there
%%   term.escript parse IN OUT   IN: [Text]; OUT: [Term | error], in a tuple of one element if it is a term
%%   term.escript same IN OUT    IN: [{Etf, Etf}]; OUT: for each, whether both are the same term, or unknown to this release
%%   term.escript release OUT    the OTP release
%%   term.escript print OUT      [{Term, Text of ~0tp, [{Width, Text of ~tp}]}] for random terms
-mode(compile).

main(["consult", Out]) ->
    Places = [code:root_dir() | [D || D <- ["/usr/lib/elixir"], filelib:is_dir(D)]],
    Files = [F || Place <- Places, F <- filelib:wildcard(Place ++ "/**/*.{app,appup,rel,config}")],
    write(Out, [{list_to_binary(F), element(2, file:read_file(F)), consulted(F)} || F <- Files, filelib:is_regular(F)]);
main(["parse", In, Out]) ->
    write(Out, [parsed(unicode:characters_to_list(Text)) || Text <- read(In)]);
main(["same", In, Out]) ->
    write(Out, [same(A, B) || {A, B} <- read(In)]);
main(["release", Out]) ->
    write(Out, list_to_integer(erlang:system_info(otp_release)));
main(["print", Out]) ->
    Terms = [term(4) || _ <- lists:seq(1, 5000)],
    write(Out, [{T, unicode:characters_to_binary(io_lib:format("~0tp", [T])),
                 [{Width, unicode:characters_to_binary(io_lib:format("~*tp", [Width, T]))} || Width <- [20, 40, 80]]} || T <- Terms]).

write(Out, Term) -> ok = file:write_file(Out, term_to_binary(Term)).

read(In) ->
    {ok, Bytes} = file:read_file(In),
    binary_to_term(Bytes).

same(A, B) ->
    try binary_to_term(A) of
        Term -> Term =:= binary_to_term(B)
    catch error:badarg -> unknown
    end.

consulted(File) ->
    case file:consult(File) of
        {ok, Terms} -> Terms;
        {error, _} -> error
    end.

parsed(Text) ->
    try
        {ok, Tokens, _} = erl_scan:string(Text ++ " ."),
        {ok, Term} = erl_parse:parse_term(Tokens),
        {Term}
    catch _:_ -> error
    end.

term(0) -> leaf(rand:uniform(8));
term(Depth) ->
    case rand:uniform(12) of
        1 -> list_to_tuple(terms(Depth));
        2 -> terms(Depth);
        3 -> terms(Depth) ++ leaf(3);
        4 -> maps:from_list([{leaf(rand:uniform(5)), T} || T <- terms(Depth)]);
        N -> leaf(N - 4)
    end.

terms(Depth) -> [term(Depth - 1) || _ <- lists:seq(1, rand:uniform(4))].

leaf(1) -> rand:uniform(1 bsl rand:uniform(120)) - (1 bsl rand:uniform(120));
leaf(2) -> rand:uniform() * math:pow(10, rand:uniform(600) - 300);
leaf(3) -> list_to_atom(characters());
leaf(4) -> characters();
leaf(5) -> unicode:characters_to_binary(characters());
leaf(6) -> << <<(rand:uniform(256) - 1)>> || _ <- lists:seq(1, rand:uniform(12)) >>;
leaf(7) -> Size = rand:uniform(40), <<Bits:Size/bitstring, _/bitstring>> = << <<(rand:uniform(256) - 1)>> || _ <- lists:seq(1, 5) >>, Bits;
leaf(8) -> {rand:uniform(300), rand:uniform() * 1000}.

characters() ->
    Range = lists:nth(rand:uniform(6), [{97, 122}, {97, 122}, {32, 126}, {0, 160}, {160, 1000}, {16#fff0, 16#1ffff}]),
    {From, To} = Range,
    [$a || rand:uniform(2) =:= 1] ++ [From + rand:uniform(To - From + 1) - 1 || _ <- lists:seq(1, rand:uniform(6))].
