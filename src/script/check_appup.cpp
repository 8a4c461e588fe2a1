// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/check_appup.hpp>

#include <algorithm>
#include <set>

#include <erlrc/base/error.hpp>
#include <erlrc/script/coverage.hpp>
#include <erlrc/script/instruction.hpp>
#include <erlrc/script/translate.hpp>

namespace erlrc {
namespace {

constexpr Direction kBoth[] = {Direction::up, Direction::down};

std::string way(const AppFiles& later, Direction direction, const std::string& other) {
  return later.spec.name.name + ".appup: " + (direction == Direction::up ? "from " : "back to ") + other;
}

std::vector<Instruction> instructions_of(const AppupEntry& entry) {
  std::vector<Instruction> instructions;
  std::ranges::transform(entry.instructions, std::back_inserter(instructions), parse_instruction);
  return instructions;
}

/// The modules that differ and are not changed by the instructions.
std::set<Atom> uncovered(const AppFiles& later, const AppFiles& earlier, Direction direction,
                         const std::vector<Instruction>& instructions) {
  const AppFiles& from = direction == Direction::up ? earlier : later;
  const AppFiles& to = direction == Direction::up ? later : earlier;
  return uncovered_modules(from, to, translate(instructions, direction, {to.spec}, {from.spec}));
}

std::vector<std::string> check(const AppFiles& later, const AppFiles* earlier, const std::string& vsn) {
  std::vector<std::string> problems;
  for (const Atom& module : later.unlisted)
    problems.push_back(later.spec.name.name + ".app: module " + module.name +
                       " has a .beam file and is not listed");
  if (!later.appup) return problems;
  for (const Direction direction : kBoth) {
    const std::string where = way(later, direction, vsn);
    try {
      const AppupEntry* entry = find_entry(*later.appup, direction, vsn);
      if (entry == nullptr) {
        problems.push_back(where + ": no entry");
        continue;
      }
      const std::vector<Instruction> instructions = instructions_of(*entry);
      if (earlier == nullptr) continue;
      for (const Atom& module : uncovered(later, *earlier, direction, instructions))
        problems.push_back(where + ": module " + module.name + " differs, but no instruction changes it");
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

}  // namespace erlrc
