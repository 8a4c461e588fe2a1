// SPDX-License-Identifier: BSD-3-Clause
// Tests all of this part with terms that a real OTP encoded and printed.

#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

#include "decoder_check.hpp"
#include "golden.hpp"
#include "show_term.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

// Above these sizes a check of each variant of a file takes seconds.
constexpr std::size_t kMaxEtfChecked = 2000;
constexpr std::size_t kMaxTextChecked = 500;

}  // namespace

TEST_CASE("golden: a decoded term is printed as Erlang prints it") {
  for (const auto& file : golden_files("term", ".term")) {
    INFO(file);
    auto etf = file;
    const std::string printed = print_term(decode_term(read_file(etf.replace_extension(".etf"))));
    const std::string expected = read_file(file);
    // Compared first: Catch2 would show a megabyte.
    if (printed != expected)
      FAIL_CHECK(printed.substr(0, 2000) << "\n  expected:\n" << expected.substr(0, 2000));
  }
}

TEST_CASE("golden: text printed by Erlang is parsed to the term that Erlang encodes") {
  for (const auto& file : golden_files("term", ".term")) {
    INFO(file);
    auto etf = file;
    CHECK((parse_term(read_file(file), file.filename()) ==
           decode_term(read_file(etf.replace_extension(".etf")))));
  }
}

TEST_CASE("golden: a term printed on several lines is parsed to the same term") {
  for (const auto& file : golden_files("term", ".term")) {
    INFO(file);
    const Term term = parse_term(read_file(file), file.filename());
    CHECK((parse_term(print_term_pretty(term), file.filename()) == term));
    CHECK((parse_term(print_term_pretty(term, 20), file.filename()) == term));
  }
}

TEST_CASE("golden: an encoded term is decoded to the same term") {
  for (const auto& file : golden_files("term", ".etf")) {
    INFO(file);
    const Term term = decode_term(read_file(file));
    CHECK((decode_term(encode_term(term)) == term));
  }
}

TEST_CASE("golden: a term that OTP encodes in the current form is encoded to the same bytes") {
  for (const auto& file : golden_files("term", ".etf")) {
    const std::string name = file.stem();
    if (name.starts_with("old_") || name.starts_with("compressed_") || name.starts_with("wide_")) continue;
    if (name.starts_with("big_") || name.starts_with("bit_string_") || name.starts_with("list_with_"))
      continue;
    if (name == "empty_string" || name == "utf8_atom_in_wide_form") continue;
    INFO(file);
    const Bytes etf = read_file(file);
    CHECK((encode_term(decode_term(etf)) == etf));
  }
}

TEST_CASE("golden: the decoder survives every change of its input") {
  for (const auto& file : golden_files("term", ".etf")) {
    const Bytes etf = read_file(file);
    if (etf.size() > kMaxEtfChecked) continue;
    INFO(file);
    check_decoder(etf, [](BytesView bytes) { return decode_term(bytes); });
  }
}

TEST_CASE("golden: the parser survives every change of its text") {
  for (const auto& file : golden_files("term", ".term")) {
    const Bytes text = read_file(file);
    if (text.size() > kMaxTextChecked) continue;
    INFO(file);
    check_decoder(text, [](BytesView bytes) { return parse_term(bytes); }, {Expect::kAny, Expect::kAny});
  }
}
