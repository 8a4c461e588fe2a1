// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>

#include <limits>

#include "show_term.hpp"

using namespace erlrc;

TEST_CASE("integers are encoded in the shortest form") {
  const auto [value, etf] = GENERATE(table<std::int64_t, Bytes>({
      {0, Bytes("\x83"
                "a\0",
                3)},
      {255,
       "\x83"
       "a\xff"},
      {256, Bytes("\x83"
                  "b\0\0\1\0",
                  6)},
      {-1,
       "\x83"
       "b\xff\xff\xff\xff"},
      {2147483647,
       "\x83"
       "b\x7f\xff\xff\xff"},
      {-2147483648, Bytes("\x83"
                          "b\x80\0\0\0",
                          6)},
      {2147483648, Bytes("\x83n\4\0\0\0\0\x80", 8)},
      {-2147483649, Bytes("\x83n\4\1\1\0\0\x80", 8)},
      {std::numeric_limits<std::int64_t>::max(), Bytes("\x83n\x08\0\xff\xff\xff\xff\xff\xff\xff\x7f", 12)},
      {std::numeric_limits<std::int64_t>::min(), Bytes("\x83n\x08\1\0\0\0\0\0\0\0\x80", 12)},
  }));
  CHECK(encode_term(value) == etf);
  CHECK(decode_term(etf) == Term(value));
}

TEST_CASE("a tuple, a list and a map are encoded to the exact bytes") {
  CHECK(encode_term(tuple(Atom{"ok"}, list({Atom{"a"}}))) == Bytes("\x83h\2w\2okl\0\0\0\1w\1aj", 16));
  CHECK(encode_term(Map{{{Atom{"k"}, binary("v")}}}) == Bytes("\x83t\0\0\0\1w\1km\0\0\0\1v", 15));
  CHECK(encode_term(List{{Atom{"a"}}, {Atom{"b"}}}) == Bytes("\x83l\0\0\0\1w\1aw\1b", 12));
  CHECK(encode_term(list()) == "\x83j");
}

TEST_CASE("a list of bytes is encoded as a string if its length fits") {
  CHECK(encode_term(string("hi")) == Bytes("\x83k\0\2hi", 6));
  CHECK(encode_term(list({256})).substr(0, 2) == "\x83l");
  CHECK(encode_term(list({-1})).substr(0, 2) == "\x83l");
  CHECK(encode_term(List{{1}, {2}}).substr(0, 2) == "\x83l");
  CHECK(encode_term(list(std::vector<Term>(65535, 1))).size() == 1 + 3 + 65535);
  CHECK(encode_term(list(std::vector<Term>(65536, 1))).size() == 1 + 5 + 2 * 65536 + 1);
}

TEST_CASE("an atom of more than 255 bytes is encoded in the wide form") {
  Atom atom;
  for (int i = 0; i < 200; ++i)
    atom.name += "\u00e9";
  CHECK(encode_term(atom).substr(0, 4) == "\x83v\x01\x90");
  CHECK(decode_term(encode_term(atom)) == Term(atom));
}

TEST_CASE("an invalid atom is not encoded") {
  CHECK_THROWS_AS(encode_term(Atom{std::string(1021, 'x')}), Error);
}

TEST_CASE("a port is encoded in the 64-bit form only if necessary") {
  const Atom node{"n"};
  CHECK(encode_term(Port{node, 0xffffffff, 1}) == Bytes("\x83Yw\1n\xff\xff\xff\xff\0\0\0\1", 13));
  CHECK(encode_term(Port{node, 0x100000000, 1}) == Bytes("\x83xw\1n\0\0\0\1\0\0\0\0\0\0\0\1", 17));
}

TEST_CASE("a term is appended to the bytes already written") {
  ByteWriter writer;
  writer.u8('p');
  encode_term_body(Atom{"a"}, writer);
  CHECK(writer.take() == "pw\1a");
}
