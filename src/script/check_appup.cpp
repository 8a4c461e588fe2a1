// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/check_appup.hpp>

#include <algorithm>
#include <iterator>

#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/script/coverage.hpp>
#include <erlrc/script/explain.hpp>
#include <erlrc/script/instruction.hpp>
#include <erlrc/script/state_changes.hpp>
#include <erlrc/script/translate.hpp>

namespace erlrc {
namespace {

constexpr Direction kBoth[] = {Direction::up, Direction::down};

std::string way(const AppFiles& later, Direction direction, const std::string& other) {
  return later.spec.name.name + (later.appup ? ".appup: " : ": ") +
         (direction == Direction::up ? "from " : "back to ") + other;
}

std::vector<Instruction> parsed(const std::vector<Term>& terms) {
  std::vector<Instruction> instructions;
  std::ranges::transform(terms, std::back_inserter(instructions), parse_instruction);
  return instructions;
}

/// What the files show of an upgrade or downgrade by the instructions: modules that differ and that they do
/// not change, states that they do not convert.
std::vector<std::string> problems_between(const AppFiles& from, const AppFiles& to,
                                          const std::vector<LowLevel>& script) {
  std::vector<std::string> problems;
  for (const Atom& module : uncovered_modules(from, to, script))
    problems.push_back("module " + module.name + " differs, but no instruction changes it");
  for (const StateChange& change : state_changes(from, to, script))
    if (!change.may_convert() && !describe(change.unfit).empty())
      problems.push_back("module " + change.module.name + ": " + describe(change.unfit) + ", and " +
                         (change.passes_on ? "its code_change returns each state as it is"
                                           : "no instruction converts its processes"));
  for (const LostCallbacks& lost : lost_callbacks(from, to, script))
    problems.push_back("module " + lost.module.name + ": its processes call " + describe(lost.functions) +
                       ", which the new code does not have, and no instruction stops them");
  return problems;
}

/// One direction between two versions.
struct Way {
  const AppFiles& from;
  const AppFiles& to;
  Direction direction;

  Way(const AppFiles& later, const AppFiles& earlier, Direction way)
      : from(way == Direction::up ? earlier : later),
        to(way == Direction::up ? later : earlier),
        direction(way) {}

  /// By the entry of the shipped .appup, or else by the one that would be made.
  std::vector<LowLevel> script(const AppupEntry* entry) const {
    const std::vector<Term> terms =
        entry != nullptr ? entry->instructions : make_script(from, to, direction).instructions;
    return translate(parsed(terms), direction, {to.spec}, {from.spec});
  }
};

std::vector<std::string> check(const AppFiles& later, const AppFiles* earlier, const std::string& vsn) {
  std::vector<std::string> problems;
  for (const Atom& module : later.unlisted)
    problems.push_back(later.spec.name.name + ".app: module " + module.name +
                       " has a .beam file and is not listed");
  if (!later.appup && earlier == nullptr) return problems;
  for (const Direction direction : kBoth) {
    const std::string where = way(later, direction, vsn);
    try {
      const AppupEntry* entry = later.appup ? find_entry(*later.appup, direction, vsn) : nullptr;
      if (later.appup && entry == nullptr) {
        problems.push_back(where + ": no entry");
        continue;
      }
      if (earlier == nullptr) {
        parsed(entry->instructions);
        continue;
      }
      const Way between(later, *earlier, direction);
      for (const std::string& problem : problems_between(between.from, between.to, between.script(entry)))
        problems.push_back(where + ": " + problem);
    } catch (const Error& error) {
      problems.push_back(where + ": " + error.what());
    }
  }
  return problems;
}

}  // namespace

std::vector<std::string> check_appup(const AppFiles& later, const std::string& vsn) {
  return check(later, nullptr, vsn);
}

std::vector<std::string> check_appup(const AppFiles& later, const AppFiles& earlier) {
  return check(later, &earlier, earlier.spec.vsn);
}

std::vector<std::string> explain_appup(const AppFiles& later, const AppFiles& earlier) {
  std::vector<std::string> lines;
  for (const Direction direction : kBoth) {
    const std::string& vsn = earlier.spec.vsn;
    try {
      const AppupEntry* entry = later.appup ? find_entry(*later.appup, direction, vsn) : nullptr;
      if (later.appup && entry == nullptr) continue;
      const Way between(later, earlier, direction);
      for (const ExplainedModule& module : explain_modules(between.from, between.to, between.script(entry)))
        lines.push_back(way(later, direction, vsn) + ": " + describe(module));
    } catch (const Error&) {
      continue;  // check_appup reports it
    }
  }
  return lines;
}

}  // namespace erlrc
