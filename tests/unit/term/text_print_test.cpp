// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/term/text.hpp>

#include "show_term.hpp"

using namespace erlrc;

// golden_test.cpp compares with the output of Erlang; this tests what has no golden file.

TEST_CASE("identifiers are printed with their node") {
  CHECK(print_term(Pid{{"a@b"}, 77, 3, 1}) == "<a@b.77.3>");
  CHECK(print_term(Port{{"a@b-c"}, 12, 1}) == "#Port<'a@b-c'.12>");
  CHECK(print_term(Reference{{"a@b"}, 1, {1, 2, 3}}) == "#Ref<a@b.3.2.1>");
  CHECK(print_term(Fun{{"m"}, 1, 2, 3, {}}) == "#Fun<m.2.3>");
  CHECK(print_term(Export{{"end"}, {"F"}, 2}) == "fun 'end':'F'/2");
}

TEST_CASE("atoms are quoted where necessary") {
  CHECK(print_atom("abc_D@1") == "abc_D@1");
  CHECK(print_atom("\u00e9") == "\u00e9");
  CHECK(print_atom("") == "''");
  CHECK(print_atom("Abc") == "'Abc'");
  CHECK(print_atom("it's") == "'it\\'s'");
  CHECK(print_atom("receive") == "'receive'");
  CHECK(print_atom("\u20ac") == "'\u20ac'");
}

TEST_CASE("words reserved since OTP 27 are quoted for every OTP") {
  CHECK(print_atom("maybe") == "'maybe'");
  CHECK(print_atom("else") == "'else'");
}

TEST_CASE("an integer of more than 4,096 bytes is printed in hexadecimal and can be parsed") {
  const BigInteger largest_decimal{true, Bytes(4096, '\xff')};
  CHECK(print_term(largest_decimal).substr(0, 4) == "-141");
  CHECK(parse_term(print_term(largest_decimal)) == Term(largest_decimal));
  const BigInteger huge{true, Bytes(4096, '\0') + "\x0f"};
  CHECK(print_term(huge).substr(0, 6) == "-16#0F");
  CHECK(parse_term(print_term(huge)) == Term(huge));
}

TEST_CASE("a term that fits on a line stays on it") {
  const Term term = parse_term("{application,demo,[{vsn,\"1\"},{modules,[a,b]}]}");
  CHECK(print_term_pretty(term) == print_term(term));
}

TEST_CASE("a term that does not fit is broken where it is nested") {
  const Term term = parse_term(
      "{application,demo,[{description,\"a "
      "demo\"},{vsn,\"1.2.3\"},{modules,[demo,demo_app,demo_sup,demo_srv]}]}");
  CHECK(print_term_pretty(term, 40) == R"({application,demo,
    [{description,"a demo"},
     {vsn,"1.2.3"},
     {modules,
         [demo,demo_app,demo_sup,
          demo_srv]}]})");
}

TEST_CASE("an appup is printed in a readable layout") {
  const Term term = parse_term(
      "{\"1.1\",[{\"1.0\",[{load_module,demo_a},{update,demo_srv,{advanced,[]},[demo_a]}]}],[{\"1.0\",[]}]}");
  CHECK(print_term_pretty(term, 60) == R"({"1.1",
 [{"1.0",
   [{load_module,demo_a},
    {update,demo_srv,{advanced,[]},[demo_a]}]}],
 [{"1.0",[]}]})");
}

TEST_CASE("maps and improper lists are broken into lines, too") {
  CHECK(print_term_pretty(parse_term("#{alpha => [10.0,20.0],beta => {x,y}}"), 20) == R"(#{alpha =>
      [10.0,20.0],
  beta => {x,y}})");
  CHECK(print_term_pretty(parse_term("[alpha,beta|gamma]"), 12) == "[alpha,\n beta|\n gamma]");
}

TEST_CASE("a string too wide for its line is not broken") {
  CHECK(print_term_pretty(parse_term("[\"0123456789\"]"), 5) == "[\"0123456789\"]");
}
