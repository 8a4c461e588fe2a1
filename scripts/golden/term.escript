#!/usr/bin/env escript
%% SPDX-License-Identifier: BSD-3-Clause
%%! +pc unicode
%%
%% External terms and how Erlang prints them: NAME.etf for each case, and NAME.term with the term that this
%% Erlang decodes it to, printed with ~0tp. Pids, ports, references and local funs print differently on every
%% node, and the pairs of large maps in a different order on each OTP: they have no .term.
-mode(compile).

main([Dir]) ->
    %% Remove files of cases that no longer exist.
    [ok = file:delete(F) || F <- filelib:wildcard(filename:join(Dir, "*.{etf,term}")),
                            not lists:prefix("own_", filename:basename(F))],
    [write(Dir, Name, Etf, true) || {Name, Etf} <- made() ++ hand_made()],
    [write(Dir, Name, Etf, false) || {Name, Etf} <- unprinted()],
    %% Terms made by this node differ each time: an existing file is not replaced.
    [write(Dir, Name, term_to_binary(Term, [{minor_version, 2}]), false) ||
        {Name, Term} <- own(), not filelib:is_file(filename:join(Dir, Name ++ ".etf"))],
    io:format("~s: ~b cases by OTP ~s~n",
              [Dir, length(filelib:wildcard(filename:join(Dir, "*.etf"))), erlang:system_info(otp_release)]).

write(Dir, Name, Etf, Printed) ->
    Term = binary_to_term(Etf),
    ok = file:write_file(filename:join(Dir, Name ++ ".etf"), Etf),
    Printed andalso
        (ok = file:write_file(filename:join(Dir, Name ++ ".term"),
                              unicode:characters_to_binary(io_lib:format("~0tp", [Term])))).

%% Encoded by term_to_binary; in its default form OTP 25 still writes Latin-1 atoms.
made() ->
    [{Name, term_to_binary(Term, [{minor_version, 2}])} || {Name, Term} <- terms()] ++
        [{"old_" ++ Name, term_to_binary(Term)} || {Name, Term} <- terms(), lists:member(Name, ["app", "atoms"])] ++
        [{"compressed_list", term_to_binary(lists:duplicate(1000, {some, "repeated", <<"thing">>}), [compressed])},
         {"compressed_binary", term_to_binary(binary:copy(<<"erlrc">>, 2000), [{compressed, 9}])}].

terms() ->
    [{"integers", [0, 1, 255, 256, -1, -128, 2147483647, -2147483648, 1 bsl 27, -(1 bsl 27)]},
     {"integers_wide", [2147483648, -2147483649, 9223372036854775807, -9223372036854775808, 1 bsl 40, -(1 bsl 40)]},
     {"integers_big", [9223372036854775808, -9223372036854775809, 18446744073709551615, 18446744073709551616,
                       1 bsl 100, -(1 bsl 100), 100000000000000000000000000000, -1000000000000000000000000001]},
     {"integer_small_big_longest", (1 bsl 2040) - 1},
     {"integer_large_big", 1 bsl 2040},
     {"integer_large_big_negative", -(7 bsl 4000) - 12345},
     {"floats", [0.0, -0.0, 1.0, -1.5, 0.1, 3.141592653589793, 1.0e10, 1.0e22, 1.0e23, 1.0e-5, 1.0e-7, 123456.789,
                 0.0001, 0.00001234, 100000.0, 1000000.0, 1.7976931348623157e308, 2.2250738585072014e-308, 5.0e-324,
                 9007199254740991.0, 9007199254740992.0, -9007199254740994.0, 4503599627370497.5]},
     {"floats_many", floats(1000)},
     {"atoms", ['', a, abc, 'Abc', aB_9@x, 'with space', 'it\'s', 'back\\slash', 'new\nline', 'tab\t', '9a', '_a', '@a',
                nonode@nohost, 'a-b', 'a.b', true, false, undefined, ok]},
     {"atoms_reserved", ['after', 'begin', 'case', 'try', 'cond', 'catch', 'end', 'fun', 'if', 'of', 'receive', 'when',
                         'andalso', 'orelse', 'bnot', 'not', 'div', 'rem', 'band', 'and', 'bor', 'bxor', 'bsl', 'bsr',
                         'or', 'xor', 'let']},
     {"atoms_one_character", [list_to_atom([C]) || C <- lists:seq(0, 1100)]},
     {"atoms_two_characters", [list_to_atom([$a, C]) || C <- lists:seq(0, 300)]},
     {"atoms_unicode", ['é', 'Ünï', '日本語', 'ñandú', 'Ελληνικά', '😀', 'aé']},
     {"atom_longest", list_to_atom(lists:duplicate(255, $x))},
     {"atom_longest_wide", list_to_atom(lists:duplicate(255, 16#20ac))},
     {"strings", ["", "a", "hello world", "with \"quotes\"", "back\\slash", "\n\t\v\b\r\f\e", "it's", "~p%"]},
     {"strings_unicode", ["é", "日本語", "😀", [16#d7ff], [16#e000], [16#fffd], [16#fffe], [16#ffff], [16#10000],
                          [16#10ffff], [16#d800], [16#110000], [$a, 127], [$a, 128], [159], [160], [255, 256]]},
     {"strings_one_character", [[C] || C <- lists:seq(0, 400)]},
     {"string_longest", lists:duplicate(65535, $a)},
     {"string_too_long", lists:duplicate(65536, $a)},
     {"lists", [[], [a], [a, b], [[]], [[[]], []], [a, "b", <<"c">>], [1, 2, 3], [300, 400], [0], [-1], ["ab" | c]]},
     {"lists_improper", [[a | b], [1, 2 | 3], [a, b | <<"c">>], [[x | y] | {z}], [97 | 98]]},
     {"list_long", lists:duplicate(70000, [])},
     {"tuples", [{}, {a}, {a, b}, {{}}, {{a, {b}}, [c]}, {"s", <<"b">>, 1.5}]},
     {"tuple_large", list_to_tuple(lists:seq(1, 300))},
     {"binaries", [<<>>, <<"a">>, <<"hello">>, <<0>>, <<1, 2, 3>>, <<"line\n">>, <<"\"q\"">>, <<127>>, <<255>>,
                   <<"é"/utf8>>, <<"日本語"/utf8>>, <<"é">>, <<"caf", 233>>, <<233, 0>>, <<"é\0"/utf8>>, <<128>>, <<195>>,
                   <<237, 160, 128>>, <<192, 128>>, <<244, 144, 128, 128>>, <<239, 191, 191>>]},
     {"binaries_one_byte", [<<B>> || B <- lists:seq(0, 255)]},
     {"binary_large", << <<(N rem 251)>> || N <- lists:seq(1, 5000)>>},
     {"bit_strings", [<<1:1>>, <<0:1>>, <<5:3>>, <<127:7>>, <<"ab", 3:2>>, <<"hello", 1:4>>, <<0:9>>]},
     {"maps", [#{}, #{a => 1}, #{a => #{b => []}}, #{"k" => v}, #{<<"k">> => "v"}, #{1 => {2}, [3] => 4.0},
               #{a => 1, b => 2, c => 3}]},
     {"exports", [fun lists:map/2, fun 'Elixir.Enum':'map!'/2, fun m:f/255]},
     {"deep_tuples", nest(900, fun(T) -> {T} end)},
     {"deep_lists", nest(900, fun(T) -> [T] end)},
     {"deep_maps", nest(400, fun(T) -> #{k => T} end)},
     {"app", {application, demo,
              [{description, "A demo – ünïcode"}, {vsn, "1.2.3"}, {modules, [demo, demo_sup]}, {registered, []},
               {applications, [kernel, stdlib]}, {env, [{port, 8080}, {hosts, ["a", "b"]}]}, {mod, {demo, []}}]}}].

nest(N, Fun) -> lists:foldl(fun(_, T) -> Fun(T) end, x, lists:seq(1, N)).

%% Floats of all sizes, the same at each run.
floats(N) ->
    rand:seed(exsss, {1, 2, 3}),
    Bits = [<<(rand:uniform(1 bsl 64) - 1):64>> || _ <- lists:seq(1, N)],
    Any = [F || <<F/float>> <- Bits],
    Short = [list_to_float(lists:flatten(io_lib:format("~b.~be~b", [rand:uniform(1 bsl 10), rand:uniform(100),
                                                                    rand:uniform(60) - 30]))) || _ <- lists:seq(1, N)],
    Powers = [math:pow(10, E) || E <- lists:seq(-30, 30)] ++ [math:pow(2, E) || E <- lists:seq(-80, 80)],
    Any ++ Short ++ Powers.

%% Encodings that no longer are what a node sends, but that it may read.
hand_made() ->
    Latin1 = <<"caf", 233>>,
    [{"old_atom", <<131, 100, 4:16, Latin1/binary>>},
     {"old_small_atom", <<131, 115, 4, Latin1/binary>>},
     {"old_atom_longest", <<131, 100, 255:16, (binary:copy(<<233>>, 255))/binary>>},
     {"old_float", <<131, 108, 3:32, (old_float("1.50000000000000000000e+00"))/binary,
                     (old_float("-2.50000000000000000000e-10"))/binary, (old_float("0.00000000000000000000e+00"))/binary,
                     106>>},
     {"wide_small_integer", <<131, 98, 7:32>>},
     {"wide_tuple", <<131, 105, 2:32, 97, 1, 97, 2>>},
     {"wide_big", <<131, 111, 3:32, 0, 1, 2, 3>>},
     {"big_with_zeros", <<131, 110, 12, 1, 5, 0:88>>},
     {"big_zero", <<131, 110, 0, 0>>},
     {"big_minus_two_to_63", <<131, 110, 8, 1, 0:56, 128>>},
     {"bit_string_of_whole_bytes", <<131, 77, 2:32, 8, "ab">>},
     {"bit_string_with_more_bits_set", <<131, 77, 1:32, 3, 255>>},
     {"list_with_list_as_tail", <<131, 108, 1:32, 97, 1, 108, 1:32, 97, 2, 107, 2:16, 3, 4>>},
     {"list_with_no_element", <<131, 108, 0:32, 106>>},
     {"empty_string", <<131, 107, 0:16>>},
     {"utf8_atom_in_wide_form", <<131, 118, 3:16, "abc">>},
     {"compressed_stored", compressed(term_to_binary({stored, "not smaller"}), none)},
     {"compressed_best", compressed(term_to_binary(lists:duplicate(100, zip)), best_compression)}].

old_float(Text) -> <<99, (list_to_binary([Text, lists:duplicate(31 - length(Text), 0)]))/binary>>.

compressed(<<131, Body/binary>>, Level) ->
    Z = zlib:open(),
    ok = zlib:deflateInit(Z, Level),
    Data = iolist_to_binary(zlib:deflate(Z, Body, finish)),
    <<131, 80, (byte_size(Body)):32, Data/binary>>.

unprinted() ->
    Node = <<119, 8, "demo@box">>,
    Old = <<100, 8:16, "demo@box">>,
    Forms = [{"pid", <<131, 88, Node/binary, 77:32, 3:32, 1605900000:32>>},
             {"port", <<131, 89, Node/binary, 12:32, 1605900000:32>>},
             {"port_wide", <<131, 120, Node/binary, (1 bsl 40 + 5):64, 1605900000:32>>},
             {"reference", <<131, 90, 3:16, Node/binary, 1605900000:32, 1:32, 2:32, 3:32>>},
             {"reference_of_five_words", <<131, 90, 5:16, Node/binary, 9:32, 1:32, 2:32, 3:32, 4:32, 5:32>>},
             {"old_pid", <<131, 103, Old/binary, 77:32, 3:32, 2>>},
             {"old_port", <<131, 102, Old/binary, 12:32, 2>>},
             {"old_reference", <<131, 101, Old/binary, 9:32, 2>>},
             {"old_new_reference", <<131, 114, 2:16, Old/binary, 2, 1:32, 2:32>>}],
    Map = maps:from_list([{N, {v, N}} || N <- lists:seq(1, 100)]),
    [{"map_large", term_to_binary(Map, [{minor_version, 2}])} | Forms].

own() ->
    {ok, Tokens, _} = erl_scan:string("fun(X) -> {X, E} end."),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    {value, Fun, _} = erl_eval:exprs(Exprs, [{'E', "free variable"}]),
    [{"own_identifiers", {self(), make_ref(), hd(erlang:ports())}}, {"own_fun", Fun}].
