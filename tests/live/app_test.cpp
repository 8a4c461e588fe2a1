// SPDX-License-Identifier: BSD-3-Clause
// Tests beams and generated appups against the erl in PATH:
//
// - every beam of OTP is read as beam_lib and beam_disasm read it;
// - systools_rc accepts the appups of hundreds of pairs of versions.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/graph.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "escript.hpp"
#include "show_term.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using namespace erlrc::test;
namespace fs = std::filesystem;

namespace {

// The applications of this Erlang: their beams, as copied by the escript, and its report on each.
struct Installed {
  TempDir copies;
  Term known;

  Installed() { known = answer_of("tests/live/app.escript", {"beams", copies.path(), copies / "out"}); }
};

const Installed& installed() {
  static const Installed once;
  return once;
}

AppFiles application(const std::vector<Term>& app) {
  AppFiles files;
  files.spec.name = *as_atom(app[0]);
  files.spec.vsn = *as_string(app[1]);
  for (const Term& beam : *as_list(app[2])) {
    const Atom& module = *as_atom(as_tuple(beam)->front());
    fs::path file =
        installed().copies / (files.spec.name.name + "-" + files.spec.vsn) / (module.name + ".beam");
    files.spec.modules.push_back(module);
    files.beams.emplace(module, parse_beam(read_file(file), file.string()));
  }
  return files;
}

std::vector<AppFiles> applications() {
  std::vector<AppFiles> all;
  for (const Term& app : *as_list(installed().known))
    all.push_back(application(*as_tuple(app, 3)));
  return all;
}

// --- generated versions

// This is reproducible everywhere, unlike the distributions of <random>.
class Dice {
public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2 + 1) {}
  bool one_in(std::uint64_t sides) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % sides == 0;
  }

private:
  std::uint64_t state_;
};

// Another version of a real application: some modules are missing, some have other code or other exports.
AppFiles variant(const AppFiles& real, const std::string& vsn, std::uint64_t seed) {
  Dice dice(seed);
  AppFiles made;
  made.spec.name = real.spec.name;
  made.spec.vsn = vsn;
  for (const Atom& module : real.spec.modules) {
    if (dice.one_in(8)) continue;
    Beam beam = real.beams.at(module);
    if (dice.one_in(2)) {
      std::erase_if(beam.exports, [&](const FunctionName&) { return dice.one_in(30); });
      beam.md5 = md5(module.name + vsn);
    }
    made.spec.modules.push_back(module);
    made.beams.emplace(module, std::move(beam));
  }
  return made;
}

struct Case {
  AppFiles from;
  AppFiles to;
  Direction direction;
  std::vector<Term> script;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  std::uint64_t seed = 0;
  for (const AppFiles& real : applications())
    for (int round = 0; round < 3; ++round) {
      AppFiles earlier = variant(real, "1", ++seed);
      AppFiles later = variant(real, "2", ++seed);
      all.push_back({earlier, later, Direction::up, make_script(earlier, later, Direction::up).instructions});
      all.push_back(
          {later, earlier, Direction::down, make_script(later, earlier, Direction::down).instructions});
    }
  return all;
}

std::vector<Term> translated(const std::vector<Case>& all) {
  TempDir directory;
  std::vector<Term> questions;
  for (const Case& each : all) {
    auto app = [](const AppFiles& files) {
      return list({tuple(files.spec.name, string(files.spec.vsn), atoms(files.spec.modules))});
    };
    questions.push_back(tuple(Atom{each.direction == Direction::up ? "up" : "down"}, list(each.script),
                              app(each.to), app(each.from)));
  }
  std::ofstream(directory / "in", std::ios::binary) << encode_term(list(std::move(questions)));
  return *as_list(answer_of("scripts/golden/script.escript", {directory / "in", directory / "out"}));
}

// The positions in a low-level script where each module is loaded or removed.
std::map<std::string, std::vector<std::size_t>> places(const std::vector<Term>& script,
                                                       std::string_view instruction) {
  std::map<std::string, std::vector<std::size_t>> at;
  for (std::size_t i = 0; i < script.size(); ++i)
    if (const auto* parts = as_tagged(script[i], instruction, 2))
      at[as_atom(as_tuple(parts->back())->front())->name].push_back(i);
  return at;
}

// The number of modules that the instructions name as dependencies.
std::size_t dependencies(const std::vector<Term>& script) {
  std::size_t count = 0;
  for (const Term& instruction : script) {
    const auto& parts = *as_tuple(instruction);
    if (!is_atom(parts.front(), "apply") && !is_atom(parts.front(), "remove"))
      count += as_list(parts.back())->size();
  }
  return count;
}

bool exports_in(const AppFiles& files, const ImportedFunction& call) {
  auto found = files.beams.find(call.module);
  return found != files.beams.end() && exports(found->second, call.function.name.name, call.function.arity);
}

// The modules that must be loaded or removed before each module, in both directions, so that no function is
// missing for a call: the called module before a new call of it, the calling one before the function is
// removed.
Dependencies needed_before(const Case& each) {
  Dependencies made;
  for (const AppFiles* files : {&each.from, &each.to})
    for (const auto& [module, beam] : files->beams)
      made[module.name];
  for (const auto& [caller, beam] : each.to.beams)
    for (const ImportedFunction& call : beam.imports)
      if (exports_in(each.to, call) && !exports_in(each.from, call))
        made[caller.name].insert(call.module.name);
  for (const auto& [caller, beam] : each.from.beams)
    for (const ImportedFunction& call : beam.imports)
      if (exports_in(each.from, call) && !exports_in(each.to, call))
        made[call.module.name].insert(caller.name);
  return made;
}

void check_translation(const Case& each, const std::vector<Term>& low_level) {
  auto loaded = places(low_level, "load");
  auto removed = places(low_level, "remove");
  auto changed = [&](const std::string& name) {
    auto from = each.from.beams.find(Atom{name});
    auto to = each.to.beams.find(Atom{name});
    return from != each.from.beams.end() && to != each.to.beams.end() && from->second.md5 != to->second.md5;
  };
  for (const auto& [module, beam] : each.to.beams) {
    auto before = each.from.beams.find(module);
    // Nothing is known of the libraries, so a module that loads one is loaded again.
    const bool differs = before == each.from.beams.end() || before->second.md5 != beam.md5;
    const std::size_t times = differs || (beam.nif && beam.on_load) ? 1 : 0;
    if (loaded[module.name].size() != times) FAIL_CHECK(module.name << " is loaded, or is not");
  }
  for (const auto& [module, beam] : each.from.beams)
    if (removed[module.name].size() != (each.to.beams.contains(module) ? 0u : 1u))
      FAIL_CHECK(module.name << " is removed, or is not");

  Dependencies before = needed_before(each);
  std::map<std::string, std::size_t> group;
  auto groups = ordered_groups(before);
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (const std::string& name : groups[i])
      group[name] = i;
  for (const auto& [module, others] : before)
    for (const std::string& other : others) {
      // In a cycle no order is right. Added modules come first and removed ones last, when nothing calls
      // them.
      if (group[module] == group[other] || !changed(module) || !changed(other)) continue;
      if (loaded[module].front() < loaded[other].front()) FAIL_CHECK(module << " is loaded before " << other);
    }
}

}  // namespace

TEST_CASE("every beam of this Erlang is read as beam_lib and beam_disasm read it") {
  std::size_t count = 0;
  for (const Term& each : *as_list(installed().known)) {
    const auto& app = *as_tuple(each, 3);
    AppFiles files = application(app);
    for (const Term& known : *as_list(app[2])) {
      const Beam& beam = files.beams.at(*as_atom(as_tuple(known)->front()));
      Term ours = tuple(beam.module, binary(to_bytes(beam.md5)), boolean(beam.on_load), boolean(beam.nif),
                        static_cast<int>(beam.exports.size()), static_cast<int>(beam.imports.size()));
      if (ours != known) CHECK(ours == known);
      ++count;
    }
  }
  CHECK(count > 300);
}

TEST_CASE("systools_rc accepts every generated appup, in an order that its dependencies allow") {
  auto all = cases();
  auto answers = translated(all);
  REQUIRE(answers.size() == all.size());
  REQUIRE(all.size() >= 60);
  std::size_t dependent = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i].from.spec.name.name << " " << all[i].from.spec.vsn << " to " << all[i].to.spec.vsn);
    const auto* ok = as_tagged(answers[i], "ok", 2);
    if (!ok) FAIL_CHECK(print_term(answers[i]).substr(0, 500));
    if (ok) check_translation(all[i], *as_list(ok->back()));
    dependent += dependencies(all[i].script);
  }
  CHECK(dependent > 300);  // the generated versions still differ in their interfaces
}
