// SPDX-License-Identifier: BSD-3-Clause
// Terms, as bytes and as text.
#include <erlrc/term/edit.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/text.hpp>

#include "fuzz.hpp"

namespace erlrc::test {

void fuzz_term(BytesView input) {
  const auto term = unless_error([&] { return decode_term(input); });
  if (!term) return;
  const Term copy = *term;
  claim(copy == *term, "a copy of a term equals it");
  const Term again = decode_term(encode_term(*term));
  const std::string text = print_term(*term);
  claim(print_term(again) == text, "an encoded term is read back");
  claim(!print_term_pretty(*term).empty(), "a term has a text");
}

void fuzz_text(BytesView input) {
  const auto terms = unless_error([&] { return parse_terms(input, "file"); });
  if (!terms) return;
  for (const ParsedTerm& parsed : *terms) {
    // Any term of a text is one that can be printed so that it is read back.
    const std::string text = print_term(parsed.term);
    claim(parse_term(text) == parsed.term, "a printed term is read back");
    claim(parse_term(print_term_pretty(parsed.term)) == parsed.term, "a term in lines is read back");
    (void)encode_term(parsed.term);
  }
}

void fuzz_edit(BytesView input) {
  if (input.size() < 2) return;
  const ListPlace place{static_cast<unsigned char>(input[0]) % 3U, static_cast<unsigned char>(input[1]) % 4U};
  input.remove_prefix(2);
  const Term added = tuple(list({49, 46, 48}), list({Atom{"new"}}));
  const auto text = unless_error([&] { return append_element(input, "file", place, added); });
  if (!text) return;
  const auto before = parse_terms(input, "file");
  const auto after = parse_terms(*text, "file");
  claim(before.size() == after.size(), "an edit adds no term");
  for (std::size_t i = 0; i < before.size(); ++i)
    claim((before[i].term == after[i].term) == (i != place.term), "an edit changes the one term");
}

}  // namespace erlrc::test
