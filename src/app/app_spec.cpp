// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/app_spec.hpp>

#include <algorithm>
#include <functional>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "shown.hpp"

namespace erlrc {
namespace {

// Throws the error of a file, with a position, or of a term from elsewhere, without one.
using Fail = std::function<void(const std::string& message)>;

[[noreturn]] void fail(const Fail& throw_error, const std::string& message) {
  throw_error(message);
  throw Error(message);  // not reached: every Fail throws
}

// The keys of an .app file. As in OTP, the first of several entries with the same key counts.
class Keys {
public:
  Keys(const Term& list, const Fail& throw_error) : list_(list), throw_error_(throw_error) {}

  const Term* find(std::string_view key) const { return lookup(list_, key); }

  std::vector<Atom> names(std::string_view key) const {
    const Term* value = find(key);
    if (!value) return {};
    if (auto names = as_atoms(*value)) return *std::move(names);
    wrong(key, *value, "a list of atoms");
  }

  std::string vsn() const {
    const Term* value = find("vsn");
    if (!value) fail(throw_error_, "no key vsn");
    if (auto text = as_string(*value); text && !text->empty()) return *std::move(text);
    wrong("vsn", *value, "a string");
  }

  std::optional<StartModule> mod() const {
    const Term* value = find("mod");
    // OTP's own default for a library application is the empty list.
    if (!value || *value == list()) return std::nullopt;
    if (const auto* pair = as_tuple(*value, 2))
      if (const Atom* module = as_atom(pair->front())) return StartModule{*module, pair->back()};
    wrong("mod", *value, "{Module, StartArgs}");
  }

  std::vector<std::pair<Atom, Term>> env() const {
    const Term* value = find("env");
    if (!value) return {};
    std::vector<std::pair<Atom, Term>> parameters;
    const auto* entries = as_list(*value);
    if (!entries) wrong("env", *value, "a list of {Parameter, Value}");
    for (const Term& entry : *entries) {
      const auto* pair = as_tuple(entry, 2);
      const Atom* name = pair ? as_atom(pair->front()) : nullptr;
      if (!name) wrong("env", entry, "{Parameter, Value}");
      parameters.emplace_back(*name, pair->back());
    }
    return parameters;
  }

private:
  [[noreturn]] void wrong(std::string_view key, const Term& found, const std::string& expected) const {
    fail(throw_error_, "key " + std::string(key) + ": found " + shown(found) + ", expected " + expected);
  }

  const Term& list_;
  const Fail& throw_error_;
};

AppSpec read_spec(const Term& term, const Fail& throw_error) {
  const auto* parts = as_tagged(term, "application", 3);
  const Atom* name = parts ? as_atom((*parts)[1]) : nullptr;
  if (!name || !as_list((*parts)[2]))
    fail(throw_error, "found " + shown(term) + ", expected {application, Name, Keys}");
  Keys keys((*parts)[2], throw_error);
  AppSpec spec;
  spec.name = *name;
  spec.vsn = keys.vsn();
  spec.modules = keys.names("modules");
  spec.registered = keys.names("registered");
  spec.applications = keys.names("applications");
  spec.optional_applications = keys.names("optional_applications");
  spec.included_applications = keys.names("included_applications");
  spec.mod = keys.mod();
  spec.env = keys.env();
  spec.term = term;
  return spec;
}

constexpr std::size_t longest_atom = 255;

}  // namespace

bool is_application_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [&](char c) {
    return lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
  };
  return !name.empty() && name.size() <= longest_atom && lower(name.front()) &&
         std::ranges::all_of(name, other);
}

AppSpec parse_app_spec(std::string_view text, const std::string& file) {
  std::vector<ParsedTerm> terms = parse_terms(text, file);
  if (terms.empty()) throw SyntaxError(file, Position{}, "found no term, expected {application, Name, Keys}");
  if (terms.size() > 1)
    throw SyntaxError(file, terms[1].position,
                      "found " + shown(terms[1].term) + ", expected the end of the file");
  return read_spec(terms[0].term,
                   [&](const std::string& message) { throw SyntaxError(file, terms[0].position, message); });
}

AppSpec app_spec(const Term& term, const std::string& source) {
  return read_spec(term, [&](const std::string& message) { throw Error(source + ": " + message); });
}

}  // namespace erlrc
