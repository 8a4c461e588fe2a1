// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/beam/beam.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "decoder_check.hpp"
#include "golden.hpp"
#include "paths.hpp"
#include "show_term.hpp"

using namespace erlrc;
using erlrc::test::read_file;

namespace {

const std::vector<std::string> kReleases{"otp23", "otp25", "otp27", "otp29"};

Bytes golden(const std::string& release, const std::string& file) {
  return read_file(std::filesystem::path(test::in_source("tests/golden")) / "app" / release / file);
}

Term names_and_arities(const std::vector<FunctionName>& functions) {
  std::vector<Term> made;
  made.reserve(functions.size());
  for (const FunctionName& each : functions)
    made.push_back(tuple(each.name, static_cast<int>(each.arity)));
  return list(std::move(made));
}

Term calls(const std::vector<ImportedFunction>& imports) {
  std::vector<Term> made;
  made.reserve(imports.size());
  for (const auto& [module, function] : imports)
    made.push_back(tuple(module, function.name, static_cast<int>(function.arity)));
  return list(std::move(made));
}

// The result of our reader in the form of the golden file, which contains the result of beam_lib.
Term facts(const std::string& file, Beam beam) {
  std::ranges::sort(beam.exports);
  std::ranges::sort(beam.imports);
  return tuple(string(file), beam.module, binary(to_bytes(beam.md5)), names_and_arities(beam.exports),
               calls(beam.imports), atoms(behaviours(beam)), boolean(beam.on_load), boolean(beam.nif),
               vsn_attribute(beam).value_or(list()));
}

// beam_lib sorts exports, but not imports, by Erlang's order; ours differs for names beyond ASCII.
Term sorted(const Term& facts) {
  Tuple parts{*as_tuple(facts)};
  for (std::size_t at : {3u, 4u}) {
    auto elements = *as_list(parts.elements[at]);
    std::ranges::sort(elements, {}, [](const Term& each) { return print_term(each); });
    parts.elements[at] = list(std::move(elements));
  }
  return parts;
}

std::string error_of(BytesView bytes) {
  try {
    parse_beam(bytes, "x.beam");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// The file with the chunk `id` renamed, so that neither erlrc nor a node finds it.
Bytes without(Bytes file, const std::string& id) {
  file.replace(file.find(id), id.size(), "Gone");
  return file;
}

// The file with other instructions in its Code chunk, which keeps its header.
Bytes with_code(Bytes file, const Bytes& code) {
  constexpr std::size_t kHeader = 20;
  std::size_t at = file.find("Code");
  std::size_t size = ByteReader(BytesView(file).substr(at + 4)).u32();
  std::size_t padded = (size + 3) / 4 * 4;
  Bytes data = file.substr(at + 8, kHeader) + code;
  ByteWriter chunk;
  chunk.bytes("Code")
      .u32(static_cast<std::uint32_t>(data.size()))
      .bytes(data)
      .bytes(Bytes((4 - data.size() % 4) % 4, '\0'));
  file.replace(at, 8 + padded, chunk.take());
  file.replace(4, 4, ByteWriter().u32(static_cast<std::uint32_t>(file.size() - 8)).take());
  return file;
}

std::uint32_t number_at(const Bytes& file, std::size_t at) {
  return ByteReader(BytesView(file).substr(at)).u32();
}

// The file with the four bytes at `offset` after the header of chunk `id` replaced.
Bytes with_number(Bytes file, const std::string& id, std::size_t offset, std::uint32_t number) {
  return file.replace(file.find(id) + 8 + offset, 4, ByteWriter().u32(number).take());
}

}  // namespace

TEST_CASE("a beam of any OTP release is read as beam_lib of that release reads it") {
  auto release = GENERATE(from_range(kReleases));
  auto known = parse_terms(golden(release, "beams.term"), "beams.term");
  REQUIRE(known.size() >= 11);
  for (const ParsedTerm& each : known) {
    std::string file = *as_string(as_tuple(each.term)->front());
    INFO(release << "/" << file);
    CHECK(sorted(facts(file, parse_beam(golden(release, file), file))) == sorted(each.term));
  }
}

TEST_CASE("the golden files contain all forms of atom tables, literal tables and files") {
  CHECK(golden("otp23", "latin_1.beam").find("AtU8") == Bytes::npos);
  Bytes plain25 = golden("otp25", "plain.beam");
  Bytes plain29 = golden("otp29", "plain.beam");
  CHECK(number_at(plain25, plain25.find("AtU8") + 8) < 0x80000000u);
  CHECK(number_at(plain29, plain29.find("AtU8") + 8) > 0x80000000u);
  CHECK(number_at(plain25, plain25.find("LitT") + 8) != 0);
  CHECK(number_at(plain29, plain29.find("LitT") + 8) == 0);
  CHECK(golden("otp25", "plain_gzip.beam").starts_with("\x1f\x8b"));
}

TEST_CASE("compression and debug information do not change a module's md5") {
  auto release = GENERATE(from_range(kReleases));
  Beam plain = parse_beam(golden(release, "plain.beam"), "plain.beam");
  CHECK(parse_beam(golden(release, "plain_gzip.beam"), "plain_gzip.beam") == plain);
  CHECK(parse_beam(golden(release, "plain_debug.beam"), "plain_debug.beam").md5 == plain.md5);
}

TEST_CASE("bytes that look like on_load count as on_load only if the instructions cannot be read") {
  Bytes file = golden("otp25", "nif_only.beam");
  // As four operands (0, {integer,0}, 1, {f,9}) this is not an entry label with on_load, but it has the same
  // bytes.
  const Bytes alike{"\x00\x01\x10\x95", 4};
  CHECK(file.find(alike) != Bytes::npos);  // a real compiler writes it, too, inside an integer
  CHECK_FALSE(parse_beam(file, "x.beam").on_load);

  auto on_load = [&](const Bytes& code) { return parse_beam(with_code(file, code), "x.beam").on_load; };
  CHECK_FALSE(on_load("\x0a" + alike + "\x03"));  // a bif1 and the end of the code
  CHECK(on_load("\xff" + alike + "\x03"));        // an opcode of a future release
  CHECK_FALSE(on_load("\xff\x03"));
  CHECK_FALSE(on_load("\x0a" + alike));  // the end of the code is missing, but no instruction is truncated
  CHECK(on_load("\x10" + alike));        // operands are missing
  CHECK(on_load("\x01\x67" + alike));    // a kind of operand of a future release
  // Lengths of lengths, nested through the whole file.
  CHECK(on_load("\x01" + Bytes(1000000, '\xf8') + alike));
}

TEST_CASE("a problem with a beam is reported with its name") {
  Bytes file = golden("otp25", "server.beam");
  CHECK(error_of("") == "x.beam: empty");
  CHECK(error_of("-module(x).\n") == "x.beam: not a BEAM file");
  CHECK(error_of("FOR1") == "x.beam: cut short: 4 bytes expected, 0 left");
  CHECK(error_of(Bytes("FOR1\0\0\0\4AIFF", 12)) == "x.beam: not a BEAM file");
  CHECK(error_of(file.substr(0, 100)) ==
        "x.beam: cut short: " + std::to_string(file.size() - 8) + " bytes expected, 92 left");
  CHECK(error_of("\x1f\x8bxxxxxxxx") == "x.beam: broken gzip data");
  for (std::string id : {"AtU8", "Code", "StrT", "ImpT", "ExpT"})
    CHECK(error_of(without(file, id)) == "x.beam: no " + id + " chunk");
  CHECK(error_of(with_number(file, "AtU8", 0, 0)) == "x.beam: AtU8 chunk: no atoms");
  CHECK(error_of(with_number(file, "AtU8", 0, 70000))
            .starts_with("x.beam: AtU8 chunk: cut short: 70000 bytes expected"));
  CHECK(error_of(with_number(file, "ExpT", 0, 70000))
            .starts_with("x.beam: ExpT chunk: cut short: 840000 bytes expected"));
  CHECK(error_of(with_number(file, "ExpT", 4, 70000)) == "x.beam: ExpT chunk: atom 70000 is not in the file");
  CHECK(error_of(with_number(file, "ImpT", 4, 0)) == "x.beam: ImpT chunk: atom 0 is not in the file");
  CHECK(error_of(with_number(file, "Code", 0, 70000))
            .starts_with("x.beam: Code chunk: cut short: 70000 bytes expected"));
  CHECK(error_of(with_number(file, "Attr", 0, 0)).starts_with("x.beam: Attr chunk: "));
}

TEST_CASE("attributes may be absent, as in a stripped file") {
  Beam beam = parse_beam(without(golden("otp25", "server.beam"), "Attr"), "x.beam");
  CHECK(beam.attributes == list());
  CHECK(behaviours(beam).empty());
  CHECK(vsn_attribute(beam) == std::nullopt);
}

TEST_CASE("a stripped module is a supervisor if it has an init/1 and starts supervisors") {
  Beam beam;
  beam.attributes = list();
  beam.exports = {{Atom{"start_link"}, 0}, {Atom{"init"}, 1}};
  beam.imports = {{Atom{"supervisor"}, {Atom{"start_link"}, 3}}};
  CHECK(is_supervisor(beam));
  Beam server = beam;
  server.exports.push_back({Atom{"handle_call"}, 3});
  CHECK_FALSE(is_supervisor(server));
  Beam caller = beam;
  caller.imports = {{Atom{"supervisor"}, {Atom{"start_child"}, 2}}};
  CHECK_FALSE(is_supervisor(caller));
  // An attribute shows that the file is whole.
  Beam whole = beam;
  whole.attributes = list({tuple(Atom{"vsn"}, list({std::int64_t{1}}))});
  CHECK_FALSE(is_supervisor(whole));
}

TEST_CASE("a module of a behaviour that is named as a supervisor is one, unless it is a server itself") {
  const auto [behaviour, is] = GENERATE(table<std::string, bool>({{"supervisor", true},
                                                                  {"supervisor2", true},
                                                                  {"mirrored_supervisor", true},
                                                                  {"Elixir.DynamicSupervisor", true},
                                                                  {"Elixir.ConsumerSupervisor", true},
                                                                  {"supervisor_bridge", false},
                                                                  {"gen_server2", false}}));
  CAPTURE(behaviour);
  Beam beam;
  beam.attributes = list({tuple(Atom{"behaviour"}, list({Atom{behaviour}}))});
  beam.exports = {{Atom{"init"}, 1}};
  CHECK(is_supervisor(beam) == is);
  beam.exports.push_back({Atom{"handle_call"}, 3});
  CHECK_FALSE(is_supervisor(beam));
}

TEST_CASE("a file without debug information hides the records that its code accesses") {
  const auto [name, hides] = GENERATE(table<std::string, bool>({{"records/OTP/hidden", true},
                                                                {"records/OTP/updating", true},
                                                                {"records/OTP/stripped", true},
                                                                {"records/OTP/shown", false},
                                                                {"app/OTP/plain", false},
                                                                {"app/OTP/plain_debug", false}}));
  const std::string release = GENERATE("otp25", "otp27");
  const std::string file = std::string(name).replace(name.find("OTP"), 3, release) + ".beam";
  CAPTURE(file);
  const auto path = std::filesystem::path(test::in_source("tests/golden")) / file;
  CHECK(parse_beam(read_file(path), file).hides_records == hides);
}

TEST_CASE("bytes after the end of a beam do not matter") {
  Bytes file = golden("otp25", "server.beam");
  CHECK(parse_beam(file + "more", "x.beam") == parse_beam(file, "x.beam"));
}

TEST_CASE("the beam reader returns or throws Error for every input") {
  auto [release, file] = GENERATE(table<std::string, std::string>({{"otp23", "latin_1.beam"},
                                                                   {"otp25", "plain_gzip.beam"},
                                                                   {"otp29", "names.beam"},
                                                                   {"otp29", "on_load_only.beam"}}));
  INFO(release << "/" << file);
  // The padding at the end of a file does not belong to a chunk.
  test::check_decoder(golden(release, file), [](BytesView bytes) { return parse_beam(bytes, "x.beam"); },
                      {test::Expect::kAny, test::Expect::kError});
}
