// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/rpm_archive.hpp>

#include "catch.hpp"
#include "decoder_check.hpp"
#include "golden.hpp"

using namespace erlrc;

namespace {

const std::string member = "/usr/lib/erlrc/packages/two/1:2.0-3";

Bytes two() {
  return test::read_file(test::in_source("tests/golden/rpm/two.rpm"));
}

BytesView payload_of(const Bytes& archive) {
  return BytesView(archive).substr(parse_rpm_archive(archive).payload);
}

}  // namespace

TEST_CASE("the headers of an archive are read as rpm prints them") {
  CHECK(parse_rpm_archive(two()).package ==
        parse_rpm_query(test::read_file(test::in_source("tests/golden/rpm/two.query"))).at(0));
}

TEST_CASE("a file is read from the payload of an archive") {
  const Bytes archive = two();
  const auto file = [&](const std::string& path) { return rpm_payload_file(payload_of(archive), path); };
  CHECK(file(member) == "two 2.0 /usr/lib/erlang/lib/two-2.0/ebin\n");
  CHECK(file("/usr/lib/erlang/lib/two-2.0/ebin/two.app") == "{application, two, [{vsn, \"2.0\"}]}.\n");
  CHECK(file("/usr/lib/erlang/lib/two-2.0/ebin/two.beam") == std::nullopt);
  CHECK(file("usr/lib/erlrc/packages/two/1:2.0-3") == std::nullopt);
}

TEST_CASE("an empty file of an archive may be a hard link, which only rpm can read") {
  const Bytes archive = two();
  CHECK(rpm_payload_file(payload_of(archive), "/usr/lib/erlang/lib/two-2.0/ebin/empty") == std::nullopt);
}

TEST_CASE("a payload that is not compressed with gzip is left to rpm") {
  CHECK(rpm_payload_file("\x28\xb5\x2f\xfd", member) == std::nullopt);
}

TEST_CASE("the beginning of an archive that does not contain its headers is too short") {
  const Bytes archive = two();
  for (const std::size_t size : {std::size_t{0}, std::size_t{95}, parse_rpm_archive(archive).payload - 1})
    CHECK_THROWS_AS(parse_rpm_archive(archive.substr(0, size)), ShortRead);
  CHECK_THROWS_AS(parse_rpm_archive(Bytes(200, 'x')), Error);
}

TEST_CASE("an archive whose header claims more texts than any package has is not read") {
  Bytes archive = two();
  // In the second header: its number of bytes, and of the entry of the provided names (1047) the offset and
  // the number of texts. All of them are empty.
  const std::size_t header = archive.find("\x8e\xad\xe8\x01", archive.find("\x8e\xad\xe8\x01") + 1);
  const std::size_t entry = archive.find(Bytes("\0\0\x04\x17\0\0\0\x08", 8), header);
  REQUIRE(entry < archive.size());
  constexpr std::size_t texts = 300'000;
  const auto put = [&](std::size_t at, std::size_t number) {
    for (int shift = 24; shift >= 0; shift -= 8)
      archive[at++] = static_cast<char>(number >> shift);
  };
  const std::size_t payload = parse_rpm_archive(archive).payload;
  const std::size_t store = header + 16 + 16 * ByteReader(BytesView(archive).substr(header + 8)).u32();
  put(header + 12, payload - store + texts);
  put(entry + 8, payload - store);
  put(entry + 12, texts);
  archive.insert(payload, Bytes(texts, '\0'));
  CHECK_THROWS_WITH(parse_rpm_archive(archive), "broken header: 300000 values of tag 1047");
}

TEST_CASE("damaged archives of rpm are errors") {
  const Bytes archive = two();
  const Bytes headers = archive.substr(0, parse_rpm_archive(archive).payload);
  const auto parsed = [](BytesView bytes) {
    try {
      return parse_rpm_archive(bytes).package;
    } catch (const ShortRead& error) {
      throw Error(error.what());
    }
  };
  test::check_decoder(headers, parsed, {.trailing = test::Expect::kAny, .cut = test::Expect::kError});
  const auto file = [](BytesView bytes) { return rpm_payload_file(bytes, member).value_or(""); };
  test::check_decoder(Bytes(payload_of(archive)), file,
                      {.trailing = test::Expect::kAny, .cut = test::Expect::kAny});
}
