// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>

#include "golden.hpp"
#include "paths.hpp"
#include "show_term.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

Term golden(const std::string& name) {
  return decode_term(read_file(in_source("tests/golden/term/" + name + ".etf")));
}

const Atom kNode{"demo@box"};
constexpr std::uint32_t kCreation = 1605900000;

// `depth` tuples of one element each around an empty list.
Bytes nested(std::size_t depth, BytesView open, BytesView shut = "") {
  Bytes etf = "\x83";
  for (std::size_t i = 0; i < depth; ++i)
    etf += open;
  etf += 'j';
  for (std::size_t i = 0; i < depth; ++i)
    etf += shut;
  return etf;
}

}  // namespace

TEST_CASE("identifiers of every form are decoded") {
  CHECK(golden("pid") == Term(Pid{kNode, 77, 3, kCreation}));
  CHECK(golden("old_pid") == Term(Pid{kNode, 77, 3, 2}));
  CHECK(golden("port") == Term(Port{kNode, 12, kCreation}));
  CHECK(golden("old_port") == Term(Port{kNode, 12, 2}));
  CHECK(golden("port_wide") == Term(Port{kNode, (std::uint64_t{1} << 40) + 5, kCreation}));
  CHECK(golden("reference") == Term(Reference{kNode, kCreation, {1, 2, 3}}));
  CHECK(golden("reference_of_five_words") == Term(Reference{kNode, 9, {1, 2, 3, 4, 5}}));
  CHECK(golden("old_reference") == Term(Reference{kNode, 2, {9}}));
  CHECK(golden("old_new_reference") == Term(Reference{kNode, 2, {1, 2}}));
}

TEST_CASE("a local fun keeps its encoding") {
  const Bytes etf = read_file(in_source("tests/golden/term/own_fun.etf"));
  const Term term = decode_term(etf);
  const auto& fun = std::get<Fun>(term.value);
  CHECK(fun.module == Atom{"erl_eval"});
  CHECK(fun.arity == 1);
  CHECK("\x83" + fun.encoded == etf);
}

TEST_CASE("a fun may have an OldUniq of 32 bits without sign") {
  const auto with_uniq = [](BytesView uniq) {
    Bytes body = Bytes(1, '\2') + Bytes(16, 'm') + Bytes("\0\0\0\7\0\0\0\0", 8);
    body.append("w\1m").append("a\5").append(uniq);
    Bytes etf = "\x83p";
    return etf + ByteWriter().u32(static_cast<std::uint32_t>(body.size() + 4)).take() + body;
  };
  const auto fun = [](const Term& term) { return std::get<Fun>(term.value); };
  CHECK(fun(decode_term(with_uniq(BytesView("b\xff\xff\xff\xfe", 5)))).uniq == 0xfffffffe);
  CHECK(fun(decode_term(with_uniq(BytesView("n\4\0\xfe\xff\xff\xff", 7)))).uniq == 0xfffffffe);
  CHECK(fun(decode_term(with_uniq("a\7"))).uniq == 7);
  CHECK(fun(decode_term(with_uniq("a\7"))).index == 7);
  CHECK(fun(decode_term(with_uniq("a\7"))).arity == 2);
}

TEST_CASE("two terms in a row are read one by one") {
  const Bytes two = encode_term(tuple(Atom{"a"})) + encode_term(binary("b")) + "rest";
  ByteReader reader(two);
  CHECK(decode_term(reader) == tuple(Atom{"a"}));
  CHECK(decode_term(reader) == binary("b"));
  CHECK(reader.rest() == "rest");
}

TEST_CASE("a compressed term ends at the end of its stream") {
  const Bytes compressed = read_file(in_source("tests/golden/term/compressed_best.etf"));
  const Bytes two = compressed + encode_term(7);
  ByteReader reader(two);
  CHECK(decode_term(reader) == decode_term(compressed));
  CHECK(decode_term(reader) == Term(7));
  CHECK(reader.empty());
}

TEST_CASE("a term is decoded without the version byte") {
  ByteReader reader("w\2oka\1");
  CHECK(decode_term_body(reader) == Term(Atom{"ok"}));
  CHECK(decode_term_body(reader) == Term(1));
  CHECK_THROWS_WITH(decode_term_body(reader), "external term: cut short: 1 bytes expected, 0 left");
}

TEST_CASE("nesting is decoded down to 10,000 levels and refused below") {
  const auto [open, shut] = GENERATE(table<std::string, std::string>({{"h\1", ""},
                                                                      {Bytes("l\0\0\0\1", 5), "j"},
                                                                      {Bytes("t\0\0\0\1a\1", 7), ""},
                                                                      {Bytes("t\0\0\0\1", 5), "a\1"}}));
  const Term deep = decode_term(nested(10'000, open, shut));
  const Term copy = deep;  // NOLINT: tests copying
  CHECK((copy == deep));
  CHECK((decode_term(encode_term(copy)) == deep));
  CHECK(print_term(copy).size() > 20'000);
  CHECK(print_term_pretty(copy).size() > 20'000);
  CHECK_THROWS_WITH(decode_term(nested(10'001, open, shut)), "external term: nested deeper than 10000");
}

TEST_CASE("a list that is the tail of a list is one list") {
  Bytes chain = "\x83";
  for (int i = 0; i < 100'000; ++i)
    chain += Bytes("l\0\0\0\1j", 6);
  const Term term = decode_term(chain + "j");
  CHECK(std::get<List>(term.value).elements.size() == 100'000);
  CHECK(std::get<List>(term.value).tail.empty());
}

TEST_CASE("invalid terms are refused with the reason") {
  const auto [etf, why] = GENERATE(table<Bytes, std::string>({
      {"", "cut short: 1 bytes expected, 0 left"},
      {"\x82"
       "j",
       "found version 130, expected 131"},
      {"\x83", "cut short: 1 bytes expected, 0 left"},
      {"\x83jj", "1 bytes after the term"},
      {"\x83\x01", "unknown tag 1"},
      {"\x83y1234w\1a", "unknown tag 121"},
      {"\x83u", "unknown tag 117"},
      {Bytes("\x83l\xff\xff\xff\xffj", 7), "4294967295 elements announced, 1 bytes left"},
      {Bytes("\x83i\0\0\0\3jj", 8), "3 elements announced, 2 bytes left"},
      {Bytes("\x83t\x80\0\0\0jj", 8), "2147483648 elements announced, 2 bytes left"},
      {Bytes("\x83h\2i\0\0\0\2jj", 10), "2 elements announced, 2 bytes left"},
      {Bytes("\x83m\xff\xff\xff\xff"
             "abc",
             9),
       "cut short: 4294967295 bytes expected, 3 left"},
      {Bytes("\x83"
             "d\1\0",
             4) +
           Bytes(256, 'x'),
       "atom of more than 255 characters"},
      {"\x83w\1\xff", "atom that is not UTF-8"},
      {Bytes("\x83"
             "F\x7f\xf0\0\0\0\0\0\0",
             10),
       "float that is not a number"},
      {Bytes("\x83"
             "c1.5x",
             6) +
           Bytes(27, '\0'),
       "float that is not a number"},
      {Bytes("\x83"
             "cnan",
             5) +
           Bytes(28, '\0'),
       "float that is not a number"},
      {Bytes("\x83M\0\0\0\1\x09"
             "a",
             8),
       "bit string with 9 last bits"},
      {Bytes("\x83M\0\0\0\0\3", 7), "bit string with 3 last bits"},
      {Bytes("\x83Z\0\6w\1a", 7) + Bytes(28, '\0'), "reference of 6 words"},
      {Bytes("\x83r\0\0w\1a\0", 8), "reference of 0 words"},
      {Bytes("\x83qj", 3), "found tag 106, expected an atom"},
      {"\x83qw\1mw\1fb\xff\xff\xff\xff", "fun of arity -1"},
      {"\x83qw\1mw\1fj", "found tag 106, expected a small integer"},
      {Bytes("\x83p\0\0\0\3", 6), "fun of 3 bytes"},
      {Bytes("\x83P\x7f\xff\xff\xffx", 7), "compressed term of 2147483647 bytes"},
      {Bytes("\x83P\0\0\0\2x", 7), "compressed term that does not inflate to its 2 bytes"},
  }));
  CHECK_THROWS_AS(decode_term(etf), ProtocolError);
  CHECK_THROWS_WITH(decode_term(etf), "external term: " + why);
}

TEST_CASE("a term of a peer is limited in its number of terms, and not compressed") {
  const auto limited = [](const Bytes& etf, std::size_t terms) {
    ByteReader reader(etf);
    return decode_term(reader, {terms, false});
  };
  const Bytes etf = GENERATE(values<Bytes>({
      Bytes("\x83h\3jjj", 6),                 // a tuple
      Bytes("\x83l\0\0\0\2jjj", 9),           // a list of two, and its end
      Bytes("\x83k\0\3abc", 7),               // a string
      Bytes("\x83h\1h\1h\1j", 8),             // three levels
      Bytes("\x83l\0\0\0\1jl\0\0\0\0j", 13),  // a list as the tail of a list
  }));
  CHECK(limited(etf, 3) == decode_term(etf));
  CHECK_THROWS_WITH(limited(etf, 2), "external term: more terms than are allowed");
  const Bytes map("\x83t\0\0\0\1jj", 8);
  CHECK(limited(map, 2) == decode_term(map));
  CHECK_THROWS_WITH(limited(map, 1), "external term: more terms than are allowed");
  CHECK_THROWS_WITH(limited(read_file(in_source("tests/golden/term/compressed_best.etf")), 1000),
                    "external term: compressed");
}

TEST_CASE("a compressed term with a wrong size is refused") {
  Bytes etf = read_file(in_source("tests/golden/term/compressed_best.etf"));
  const int difference = GENERATE(-1, 1);
  etf[5] = static_cast<char>(etf[5] + difference);
  CHECK_THROWS_WITH(decode_term(etf),
                    Catch::StartsWith("external term: compressed term that does not inflate to its "));
}

TEST_CASE("bytes after a compressed term in its stream are refused") {
  // zlib:compress(<<106, 106>>)
  const Bytes etf = Bytes("\x83P\0\0\0\2", 6) + Bytes("\x78\x9c\xcb\xca\x02\x00\x01\x40\x00\xd5", 10);
  CHECK_THROWS_WITH(decode_term(etf), "external term: 1 bytes after the compressed term");
}
