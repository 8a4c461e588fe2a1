// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/extend_appup.hpp>

#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/edit.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

/// The index of the last term with that version in the file, which has one.
std::size_t last_of_version(std::string_view text, const std::string& file, const std::string& vsn) {
  const std::vector<ParsedTerm> terms = parse_terms(text, file);
  std::size_t last = terms.size();
  while (last > 0 && as_string(as_tuple(terms[last - 1].term, 3)->front()) != vsn)
    --last;
  return last - 1;
}

}  // namespace

std::string extend_appup(std::string_view text, const std::string& file, const Appup& made) {
  const Appup shipped = parse_appup(text, file, made.vsn);
  std::string extended(text);
  // Adds from the end, so that errors have positions of the original file.
  for (const Direction direction : {Direction::down, Direction::up}) {
    const std::size_t list = direction == Direction::up ? 1 : 2;
    for (const AppupEntry& entry : direction == Direction::up ? made.up : made.down) {
      if (within(file, [&] { return find_entry(shipped, direction, entry.vsn.text); }) != nullptr) continue;
      extended =
          append_element(extended, file, {last_of_version(text, file, made.vsn), list}, to_term(entry));
    }
  }
  return extended;
}

}  // namespace erlrc
