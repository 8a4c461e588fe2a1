// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

#include "show_term.hpp"

using namespace erlrc;

// Erlang prints the right-hand sides for the left-hand ones.
TEST_CASE("binaries are read as Erlang reads them") {
  const auto [text, printed] = GENERATE(table<std::string, std::string>({
      {"<<>>", "<<>>"},
      {"<<1,2,3>>", "<<1,2,3>>"},
      {"<<\"abc\">>", "<<\"abc\">>"},
      {"<<\"a\" \"b\", $c>>", "<<\"abc\">>"},
      {"<<16#ff:8>>", "<<\"\u00ff\">>"},
      {"<<256>>", "<<0>>"},
      {"<<-1>>", "<<\"\u00ff\">>"},
      {"<<1:16>>", "<<0,1>>"},
      {"<<1:16/little>>", "<<1,0>>"},
      {"<<258:16/native>>", "<<2,1>>"},
      {"<<-2:16/signed-big>>", "<<\"\u00ff\u00fe\">>"},
      {"<<1:12/little,5:4>>", "<<1,5>>"},
      {"<<16#abc:12/little>>", "<<188,10:4>>"},
      {"<<1:1>>", "<<1:1>>"},
      {"<<5:3,1:2>>", "<<21:5>>"},
      {"<<\"h\u00e9\"/utf8>>", "<<\"h\u00e9\"/utf8>>"},
      {"<<\"h\u00e9\">>", "<<\"h\u00e9\">>"},
      {"<<\"\u20ac\"/utf16>>", "<<\" \u00ac\">>"},
      {"<<\"\u20ac\"/utf16-little>>", "<<\"\u00ac \">>"},
      {"<<\"\U0001f600\"/utf16>>", "<<216,61,222,0>>"},
      {"<<\"\u20ac\"/utf32>>", "<<0,0,32,172>>"},
      {"<<8364/utf8>>", "<<\"\u20ac\"/utf8>>"},
      {"<<1.5/float>>", "<<63,248,0,0,0,0,0,0>>"},
      {"<<1.5:32/float>>", "<<63,192,0,0>>"},
      {"<<2/float-little>>", "<<0,0,0,0,0,0,0,64>>"},
      {"<<1:2/unit:8>>", "<<0,1>>"},
      {"<<\"ab\":16>>", "<<0,97,0,98>>"},
      {"<<18446744073709551617:80>>", "<<0,1,0,0,0,0,0,0,0,1>>"},
      {"<<-18446744073709551617:80>>",
       "<<\"\u00ff\u00fe\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\">>"},
      {"<<-9223372036854775808:64>>", "<<128,0,0,0,0,0,0,0>>"},
      {"<<-1:72>>", "<<\"\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\">>"},
  }));
  INFO(text);
  CHECK(print_term(parse_term(text)) == printed);
}

TEST_CASE("invalid segments are refused") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"<<a>>", "t:1:3: found atom a, expected a number or a string"},
      {"<<1:a>>", "t:1:5: found atom a, expected a size of at most 1048576"},
      {"<<1:2000000>>", "t:1:5: found number 2000000, expected a size of at most 1048576"},
      {"<<1:100000/unit:100>>", "t:1:3: found a segment of 10000000 bits"},
      {"<<1/wide>>", "t:1:5: found wide, expected the type of a segment"},
      {"<<1.5>>", "t:1:3: found a float, expected an integer"},
      {"<<1:7/float>>", "t:1:3: found a float of 7 bits, expected 32 or 64"},
      {"<<16#d800/utf8>>", "t:1:3: found a number that is not a character"},
      {"<<1/binary>>", "t:1:3: found a number, expected a binary"},
      {"<<1 2>>", "t:1:5: found number 2, expected ',' or '>>'"},
      {"<<1", "t:1:4: found end of file, expected ',' or '>>'"},
  }));
  INFO(text);
  CHECK_THROWS_WITH(parse_term(text, "t"), message);
}
