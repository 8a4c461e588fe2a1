// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/beam.hpp>

#include <cstdlib>
#include <string>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>

#include "catch.hpp"
#include "golden.hpp"
#include "temp_dir.hpp"

// Files that no compiler makes, to use up memory, time or the stack of their reader.

using namespace erlrc;
using erlrc::test::read_file;
using erlrc::test::TempDir;

namespace {

std::string error_of(BytesView bytes) {
  try {
    parse_beam(bytes, "x.beam");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

Bytes big_endian(std::size_t number) {
  Bytes bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

/// An operand of four bytes.
Bytes operand(std::size_t value) {
  return Bytes(1, '\x58') + big_endian(value);
}

Bytes chunk(const std::string& id, const Bytes& data) {
  return id + big_endian(data.size()) + data + Bytes((4 - data.size() % 4) % 4, '\0');
}

Bytes code_chunk(const Bytes& instructions) {
  return chunk("Code", big_endian(16) + Bytes(16, '\0') + instructions + "\x03");  // int_code_end
}

/// The supervisor m.
Bytes supervisor(const Bytes& instructions) {
  const Term behaviour = list({tuple(Atom{"behaviour"}, list({Atom{"supervisor"}}))});
  const Bytes body = "BEAM" + chunk("AtU8", big_endian(3) + "\x01m\x04init\x01" + "f") +
                     code_chunk(instructions) + chunk("StrT", "") + chunk("ImpT", big_endian(0)) +
                     chunk("ExpT", big_endian(0)) + chunk("Attr", encode_term(behaviour));
  return "FOR1" + big_endian(body.size()) + body;
}

/// Its init/1 begins a chain of calls of so many functions.
Bytes chain_of_calls(std::size_t functions) {
  Bytes code;
  for (std::size_t i = 0; i < functions; ++i) {
    code += "\x01" + operand(2 * i + 1);                                            // label
    code += "\x02" + operand(1) + operand(i == 0 ? 2 : 3) + operand(1);             // func_info
    code += "\x01" + operand(2 * i + 2);                                            // label
    code += i + 1 < functions ? "\x06" + operand(1) + operand(2 * i + 4) : "\x13";  // call_only, return
  }
  return supervisor(code);
}

/// The module m, which imports a function of its own, with this code.
Bytes module_of(const Bytes& code) {
  const Bytes import = big_endian(1) + big_endian(1) + big_endian(1) + big_endian(0);
  const Bytes body = "BEAM" + chunk("AtU8", big_endian(1) + "\x01m") + code_chunk(code) + chunk("StrT", "") +
                     chunk("ImpT", import) + chunk("ExpT", big_endian(0));
  return "FOR1" + big_endian(body.size()) + body;
}

}  // namespace

TEST_CASE("instructions before the first function belong to none") {
  // Calls, and a fun.
  const Bytes code = GENERATE(Bytes("\x04\x10\x15"), Bytes("\x07\x00\x00", 3), Bytes("\x67\x00", 2));
  CHECK(parse_beam(module_of(code), "m.beam").self_calls().empty());
}

TEST_CASE("a chain of calls may be as long as a file") {
  const Beam beam = parse_beam(chain_of_calls(400'000), "m.beam");
  REQUIRE(beam.init);
  CHECK(beam.init->effects.empty());
}

TEST_CASE("code of more functions, labels or bytes than any compiler makes is not read") {
  const auto repeated = [](const Bytes& instructions, std::size_t times) {
    Bytes code;
    for (std::size_t i = 0; i < times; ++i)
      code += instructions;
    return code;
  };
  const Bytes init = "\x01\x10\x02\x10\x20\x10\x01\x20";  // label 1, func_info m init/1, label 2
  const Bytes code = GENERATE_COPY(init + repeated("\x02\x10\x30\x10", 600'000),
                                   init + repeated("\x01\x30", 1'100'000), init + Bytes(17'000'000, '\x13'));
  const Beam beam = parse_beam(supervisor(code), "m.beam");
  REQUIRE(beam.init);
  CHECK(beam.init->effects == std::vector<std::string>{"instructions unknown to erlrc"});
}

TEST_CASE("a small beam does not become large when it is inflated") {
  const TempDir dir;
  const std::string file = dir / "bomb.beam";
  REQUIRE(std::system(("head -c 100000000 /dev/zero | gzip > '" + file + "'").c_str()) == 0);
  CHECK(error_of(read_file(file)) == "x.beam: larger than 33554432 bytes when inflated");
}

TEST_CASE("attributes and tables of a beam are as small as any compiler makes them") {
  const Bytes good = chain_of_calls(1);
  const auto with = [&](const std::string& id, const Bytes& data) {
    const Bytes added = chunk(id, data);
    return error_of("FOR1" + big_endian(good.size() - 8 + added.size()) + "BEAM" + added + good.substr(12));
  };
  CHECK(with("Attr", "\x83P" + Bytes(8, '\0')) == "x.beam: Attr chunk: larger than attributes can be");
  CHECK(with("Attr", "\x83l" + big_endian(300'000) + Bytes(300'001, 'j')) ==
        "x.beam: Attr chunk: larger than attributes can be");
  CHECK(with("AtU8", big_endian(2'000'000) + Bytes(2'000'000, '\0')) ==
        "x.beam: AtU8 chunk: found 2000000 atoms");
  CHECK(with("ImpT", big_endian(70'000) + Bytes(12 * 70'000, '\0')) ==
        "x.beam: ImpT chunk: found 70000 functions");
}
