// SPDX-License-Identifier: BSD-3-Clause
#include "load.hpp"

#include <algorithm>

#include <erlrc/base/error.hpp>
#include <erlrc/term/match.hpp>

namespace erlrc::test {
namespace {

const Term& of(const Term& counted, const char* key) {
  const Term* value = lookup(counted, key);
  if (!value) throw Error("real_load: no " + std::string(key));
  return *value;
}

double milliseconds(const Term& microseconds) {
  return static_cast<double>(as_integer(microseconds).value_or(0)) / 1000;
}

std::vector<std::string> texts(const Term& list) {
  std::vector<std::string> made;
  if (const auto* elements = as_list(list))
    for (const Term& element : *elements)
      made.push_back(as_text(element).value_or("?"));
  return made;
}

}  // namespace

void Load::add(const Load& other) {
  requests += other.requests;
  failed += other.failed;
  longest_ms = std::max(longest_ms, other.longest_ms);
  before_ms = std::max(before_ms, other.before_ms);
  errors.insert(errors.end(), other.errors.begin(), other.errors.end());
  killed.insert(killed.end(), other.killed.begin(), other.killed.end());
}

void start_load(Lab& lab, const std::string& app) {
  lab.ask("real_load:start('" + app + "').");
}

void mark_load(Lab& lab) {
  lab.ask("real_load:mark().");
}

Load load_since_mark(Lab& lab) {
  const Term counted = lab.node().evaluate("real_load:result().");
  return {as_integer(of(counted, "requests")).value_or(0),
          as_integer(of(counted, "failed")).value_or(0),
          milliseconds(of(counted, "longest")),
          milliseconds(of(counted, "before")),
          texts(of(counted, "errors")),
          texts(of(counted, "killed"))};
}

}  // namespace erlrc::test
