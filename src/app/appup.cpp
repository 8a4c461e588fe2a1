// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/appup.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <erlrc/base/error.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "shown.hpp"

namespace erlrc {
namespace {

template <auto Function>
struct Release {
  template <typename Handle>
  void operator()(Handle* handle) const {
    Function(handle);
  }
};
using Regex = std::unique_ptr<pcre2_code, Release<&pcre2_code_free_8>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Release<&pcre2_match_context_free_8>>;
using MatchData = std::unique_ptr<pcre2_match_data, Release<&pcre2_match_data_free_8>>;

PCRE2_SPTR units(const std::string& text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

/// A pattern for versions is short and matches at once. Only a mistake or an attack needs more of these.
constexpr std::size_t longest_pattern = 1000;
constexpr std::uint32_t most_steps = 10'000;

Regex compile(const std::string& pattern) {
  if (pattern.size() > longest_pattern)
    throw Error("regular expression of " + std::to_string(pattern.size()) + " bytes, expected at most " +
                std::to_string(longest_pattern));
  int error = 0;
  PCRE2_SIZE offset = 0;
  Regex regex(pcre2_compile(units(pattern), pattern.size(), PCRE2_UTF, &error, &offset, nullptr));
  if (regex) return regex;
  std::string reason(256, '\0');
  int length = pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(reason.data()), reason.size());
  reason.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  throw Error("regular expression " + print_term(binary(pattern)) + ": " + reason + " at offset " +
              std::to_string(offset));
}

// As in systools_relup, the first match of the expression must be the whole version. This is stricter than
// "the expression can match the whole version": <<"1|1\\.2">> does not match 1.2.
bool matches_regex(const std::string& pattern, const std::string& vsn) {
  Regex regex = compile(pattern);
  MatchData found(pcre2_match_data_create_from_pattern(regex.get(), nullptr));
  MatchContext limits(pcre2_match_context_create(nullptr));
  if (!found || !limits) throw Error("regular expression: no memory");
  pcre2_set_match_limit(limits.get(), most_steps);
  const int matched = pcre2_match(regex.get(), units(vsn), vsn.size(), 0, 0, found.get(), limits.get());
  if (matched == PCRE2_ERROR_MATCHLIMIT || matched == PCRE2_ERROR_DEPTHLIMIT ||
      matched == PCRE2_ERROR_HEAPLIMIT)
    throw Error("regular expression " + print_term(binary(pattern)) + ": needs too many steps");
  if (matched < 1) return false;
  const PCRE2_SIZE* range = pcre2_get_ovector_pointer(found.get());
  return range[0] == 0 && range[1] == vsn.size();
}

/// No application has so many versions.
constexpr std::size_t most_entries = 10'000;

class Reader {
public:
  Reader(const std::string& file, Position position) : file_(file), position_(position) {}

  std::vector<AppupEntry> entries(const Term& term) const {
    const auto* list = as_list(term);
    if (!list) wrong(term, "a list of {Vsn, Instructions}");
    if (list->size() > most_entries) wrong(term, "at most " + std::to_string(most_entries) + " entries");
    std::vector<AppupEntry> made;
    made.reserve(list->size());
    for (const Term& each : *list)
      made.push_back(entry(each));
    return made;
  }

  [[noreturn]] void wrong(const Term& found, const std::string& expected) const {
    throw SyntaxError(file_, position_, "found " + shown(found) + ", expected " + expected);
  }

private:
  AppupEntry entry(const Term& term) const {
    const auto* pair = as_tuple(term, 2);
    const auto* instructions = pair ? as_list(pair->back()) : nullptr;
    if (!instructions) wrong(term, "{Vsn, Instructions}");
    return {pattern(pair->front()), *instructions};
  }

  VsnPattern pattern(const Term& term) const {
    if (const Binary* regex = as_binary(term)) return {regex->bytes, true};
    if (auto text = as_string(term)) return {*std::move(text), false};
    wrong(term, "a version: a string or a binary");
  }

  const std::string& file_;
  Position position_;
};

void append(std::vector<AppupEntry>& to, std::vector<AppupEntry> more) {
  for (AppupEntry& entry : more)
    to.push_back(std::move(entry));
}

Term to_term(const std::vector<AppupEntry>& entries) {
  std::vector<Term> made;
  made.reserve(entries.size());
  for (const AppupEntry& entry : entries)
    made.push_back(to_term(entry));
  return list(std::move(made));
}

}  // namespace

bool matches(const VsnPattern& pattern, const std::string& vsn) {
  return pattern.is_regex ? matches_regex(pattern.text, vsn) : pattern.text == vsn;
}

const AppupEntry* find_entry(const Appup& appup, Direction direction, const std::string& other) {
  for (const AppupEntry& entry : direction == Direction::up ? appup.up : appup.down)
    if (matches(entry.vsn, other)) return &entry;
  return nullptr;
}

Appup parse_appup(std::string_view text, const std::string& file, const std::string& vsn) {
  std::vector<ParsedTerm> terms = parse_terms(text, file);
  Appup appup{vsn, {}, {}};
  std::optional<ParsedTerm> other;
  bool found = false;
  for (ParsedTerm& each : terms) {
    Reader reader(file, each.position);
    const auto* parts = as_tuple(each.term, 3);
    auto its_vsn = parts ? as_string(parts->front()) : std::nullopt;
    if (!its_vsn) reader.wrong(each.term, "{Vsn, UpFrom, DownTo}");
    auto up = reader.entries((*parts)[1]);
    auto down = reader.entries((*parts)[2]);
    if (*its_vsn == vsn) {
      found = true;
      append(appup.up, std::move(up));
      append(appup.down, std::move(down));
    } else if (!other) {
      other = std::move(each);
    }
  }
  if (found) return appup;
  std::string expected = "expected {" + print_term(string(vsn)) + ", UpFrom, DownTo}";
  if (!other) throw SyntaxError(file, Position{}, "found no term, " + expected);
  throw SyntaxError(file, other->position, "found " + shown(other->term) + ", " + expected);
}

Term to_term(const VsnPattern& pattern) {
  return pattern.is_regex ? binary(pattern.text) : string(pattern.text);
}

Term to_term(const AppupEntry& entry) {
  return tuple(to_term(entry.vsn), list(entry.instructions));
}

Term to_term(const Appup& appup) {
  return tuple(string(appup.vsn), to_term(appup.up), to_term(appup.down));
}

}  // namespace erlrc
