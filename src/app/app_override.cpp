// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/app_override.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "shown.hpp"

namespace erlrc {
namespace {

bool has_key(const Term& entry, const Term& key) {
  const auto* pair = as_tuple(entry);
  return pair != nullptr && !pair->empty() && pair->front() == key;
}

std::vector<Term> elements(const Term* term) {
  const auto* found = term != nullptr ? as_list(*term) : nullptr;
  return found != nullptr ? *found : std::vector<Term>{};
}

Term merged(const Term* value, const std::vector<Term>& additions) {
  std::vector<Term> all = elements(value);
  for (const Term& addition : additions)
    if (std::ranges::find(all, addition) == all.end()) all.push_back(addition);
  return list(std::move(all));
}

Term key_merged(const Term* value, const std::vector<Term>& additions) {
  std::vector<Term> all = elements(value);
  for (const Term& addition : additions) {
    const auto* pair = as_tuple(addition);
    const auto same = [&](const Term& entry) {
      return pair != nullptr && !pair->empty() ? has_key(entry, pair->front()) : entry == addition;
    };
    if (const auto at = std::ranges::find_if(all, same); at != all.end())
      *at = addition;
    else
      all.push_back(addition);
  }
  return list(std::move(all));
}

Term changed(const Term* value, const Term& change) {
  if (const auto* parts = as_tagged(change, "override", 2)) return parts->back();
  if (const auto* parts = as_tagged(change, "merge", 2))
    if (const auto* additions = as_list(parts->back())) return merged(value, *additions);
  if (const auto* parts = as_tagged(change, "keymerge", 2))
    if (const auto* additions = as_list(parts->back())) return key_merged(value, *additions);
  return change;
}

/// Returns {application, Name, Keys} with another value for one key.
Term with_key(const Term& spec, const Atom& key, Term value) {
  std::vector<Term> parts = *as_tuple(spec, 3);
  std::vector<Term> keys = elements(&parts[2]);
  Term entry = tuple(key, std::move(value));
  if (const auto at = std::ranges::find_if(keys, [&](const Term& each) { return has_key(each, key); });
      at != keys.end())
    *at = std::move(entry);
  else
    keys.push_back(std::move(entry));
  parts[2] = list(std::move(keys));
  return Tuple{std::move(parts)};
}

/// Parses the changes in an administrator's file.
std::vector<Term> parse_changes(std::string_view text, const std::string& file, const Atom& app) {
  const std::vector<ParsedTerm> terms = parse_terms(text, file);
  const std::string expected = ", expected {application, " + app.name + ", Changes}";
  if (terms.empty()) throw SyntaxError(file, Position{}, "found no term" + expected);
  if (terms.size() > 1)
    throw SyntaxError(file, terms[1].position,
                      "found " + shown(terms[1].term) + ", expected the end of the file");
  const auto fail = [&](const Term& found, const std::string& instead) {
    throw SyntaxError(file, terms[0].position, "found " + shown(found) + instead);
  };
  const auto* parts = as_tagged(terms[0].term, "application", 3);
  if (parts == nullptr || (*parts)[1] != Term(app) || as_list((*parts)[2]) == nullptr)
    fail(terms[0].term, expected);
  std::vector<Term> changes = elements(&(*parts)[2]);
  for (const Term& change : changes)
    if (const auto* pair = as_tuple(change, 2); pair == nullptr || as_atom(pair->front()) == nullptr)
      fail(change, ", expected {Key, Change}");
  return changes;
}

}  // namespace

AppSpec overridden(const AppSpec& spec, std::string_view text, const std::string& file) {
  Term made = spec.term;
  for (const Term& change : parse_changes(text, file, spec.name)) {
    const auto& pair = *as_tuple(change, 2);
    const Atom& key = *as_atom(pair.front());
    made = with_key(made, key, changed(lookup((*as_tuple(made, 3))[2], key.name), pair.back()));
  }
  return app_spec(made, file);
}

AppSpec depending_on(AppSpec spec, const Atom& dependency, const Atom& outer) {
  std::erase(spec.optional_applications, dependency);
  if (std::ranges::find(spec.applications, outer) != spec.applications.end())
    std::erase(spec.applications, dependency);
  std::ranges::replace(spec.applications, dependency, outer);
  spec.term = with_key(spec.term, Atom{"applications"}, atoms(spec.applications));
  if (!spec.optional_applications.empty() ||
      lookup((*as_tuple(spec.term, 3))[2], "optional_applications") != nullptr)
    spec.term = with_key(spec.term, Atom{"optional_applications"}, atoms(spec.optional_applications));
  return spec;
}

}  // namespace erlrc
