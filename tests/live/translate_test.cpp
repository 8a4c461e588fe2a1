// SPDX-License-Identifier: BSD-3-Clause
// Tests our translation of scripts against that of systools_rc in the erl in PATH. The scripts are:
//
// - those of tests/support/scripts.term;
// - generated ones;
// - those of real .appup files: all below /usr/lib/erlang/lib, or below the files and directories in
//   ERLRC_APPUPS, separated by colons.

#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "escript.hpp"
#include "generated_scripts.hpp"
#include "paths.hpp"
#include "systools.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::Likeness;
using test::ScriptCase;
namespace fs = std::filesystem;

namespace {

std::string load(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Term as_question(const ScriptCase& of) {
  const auto apps = [](const std::vector<AppSpec>& specs) {
    std::vector<Term> terms;
    std::ranges::transform(specs, std::back_inserter(terms), test::term_of);
    return list(terms);
  };
  return tuple(Atom{of.direction == Direction::up ? "up" : "down"}, list(of.script), apps(of.to),
               apps(of.from));
}

// One erl for all cases.
std::vector<Term> ask_systools(const std::vector<ScriptCase>& cases) {
  const test::TempDir directory;
  std::vector<Term> questions;
  std::ranges::transform(cases, std::back_inserter(questions), as_question);
  const fs::path in = directory.write("in", encode_term(list(questions)));
  const Term decoded = test::answer_of("scripts/golden/script.escript", {in, directory / "out"});
  const auto* answers = as_list(decoded);
  REQUIRE(answers != nullptr);
  REQUIRE(answers->size() == cases.size());
  return *answers;
}

struct Counts {
  std::array<std::size_t, 5> of{};
  std::size_t errors = 0;
  std::size_t operator[](Likeness likeness) const { return of[static_cast<std::size_t>(likeness)]; }
};

Counts compare_all(const std::string& what, const std::vector<ScriptCase>& cases) {
  const auto answers = ask_systools(cases);
  Counts counts;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Likeness likeness = test::compare(cases[i], answers[i]);
    ++counts.of[static_cast<std::size_t>(likeness)];
    if (as_tagged(answers[i], "error", 2) != nullptr) ++counts.errors;
    if (likeness == Likeness::different) FAIL_CHECK(test::explain(cases[i], answers[i]));
  }
  std::cout << what << ": " << cases.size() << " scripts (" << counts.errors << " refused by both): same "
            << counts[Likeness::same] << ", spelled otherwise " << counts[Likeness::spelled] << ", reordered "
            << counts[Likeness::reordered] << ", stricter " << counts[Likeness::stricter] << ", different "
            << counts[Likeness::different] << "\n";
  return counts;
}

// --- real appups

std::vector<fs::path> appup_files() {
  const char* given = std::getenv("ERLRC_APPUPS");
  std::istringstream places(given != nullptr ? given : "/usr/lib/erlang/lib");
  std::vector<fs::path> files;
  for (std::string place; std::getline(places, place, ':');) {
    if (fs::is_regular_file(place)) files.emplace_back(place);
    if (!fs::is_directory(place)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(place))
      if (entry.path().extension() == ".appup") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// The modules named in the script; the other version's list of modules, which we do not have, is not needed.
void add_modules_in(const std::vector<Term>& script, std::vector<Atom>& modules) {
  std::set<Atom> known(modules.begin(), modules.end());
  for (const Term& instruction : script) {
    const auto* elements = as_tuple(instruction);
    if (elements == nullptr || elements->size() < 2 || is_atom(elements->front(), "apply")) continue;
    const Atom* module = as_atom((*elements)[1]);
    if (module != nullptr && known.insert(*module).second) modules.push_back(*module);
  }
}

void append_cases(const fs::path& file, std::vector<ScriptCase>& cases) {
  const Atom name{file.stem().string()};
  AppSpec spec;
  spec.name = name;
  fs::path app_file = file;
  app_file.replace_extension(".app");
  if (fs::exists(app_file)) spec = parse_app_spec(load(app_file), app_file.string());
  for (const ParsedTerm& parsed : parse_terms(load(file), file.string())) {
    const auto* appup = as_tuple(parsed.term, 3);
    REQUIRE(appup != nullptr);
    for (const std::size_t half : {1U, 2U})
      for (const Term& entry : *as_list((*appup)[half])) {
        ScriptCase made;
        made.name = file.string() + " " + print_term((*as_tuple(entry, 2))[0]);
        made.direction = half == 1 ? Direction::up : Direction::down;
        made.script = *as_list((*as_tuple(entry, 2))[1]);
        AppSpec to = spec;
        add_modules_in(made.script, to.modules);
        made.from = {to};
        made.to = {to};
        cases.push_back(std::move(made));
      }
  }
}

}  // namespace

TEST_CASE("the scripts of our list are translated as by systools_rc") {
  const Counts counts = compare_all("list", test::written_cases());
  CHECK(counts[Likeness::stricter] == 10);  // the end of the list, both directions
}

TEST_CASE("generated scripts are translated as by systools_rc") {
  std::vector<ScriptCase> cases;
  for (std::uint32_t seed = 1; seed <= 600; ++seed)
    cases.push_back(test::generated_case(seed));
  const Counts counts = compare_all("generated", cases);
  CHECK(counts[Likeness::stricter] == 0);
  CHECK(counts.errors > 100);  // the generator still makes scripts that both refuse
}

TEST_CASE("the scripts of real appups are translated as by systools_rc") {
  std::vector<ScriptCase> cases;
  for (const fs::path& file : appup_files())
    append_cases(file, cases);
  REQUIRE(cases.size() >= 50);  // an Erlang without appups would test nothing
  compare_all("appups", cases);
}

TEST_CASE("systools_rc accepts a script that switches all modules at once") {
  std::vector<ScriptCase> written = test::written_cases();
  for (std::uint32_t seed = 1; seed <= 600; ++seed)
    written.push_back(test::generated_case(seed));
  std::vector<ScriptCase> low_level;
  for (ScriptCase& of : written) {
    auto together = test::translate_terms(of, Grouping::together);
    if (together.error || together.script == test::translate_terms(of).script) continue;
    of.script = std::move(together.script);
    low_level.push_back(std::move(of));
  }
  const auto answers = ask_systools(low_level);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    INFO(test::explain(low_level[i], answers[i]));
    CHECK((answers[i] == tuple(Atom{"ok"}, list(low_level[i].script))));
  }
  CHECK(answers.size() > 50);
}

// The reason for Likeness::reordered.
TEST_CASE("systools_rc orders modules without dependencies by chance") {
  std::vector<ScriptCase> cases;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    const Atom x{"x" + number};
    const Atom y{"y" + number};
    const Atom z{"z" + number};
    ScriptCase made;
    made.script = {tuple(Atom{"load_module"}, x, atoms({z})), tuple(Atom{"load_module"}, y, atoms({z})),
                   tuple(Atom{"load_module"}, z)};
    AppSpec app;
    app.name = Atom{"app"};
    app.modules = {x, y, z};
    made.to = {app};
    cases.push_back(made);
  }
  std::set<bool> x_first;
  const auto answers = ask_systools(cases);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& script = *as_list((*as_tagged(answers[i], "ok", 2))[1]);
    const Term load_x =
        tuple(Atom{"load"}, tuple(Atom{"x" + std::to_string(i)}, Atom{"brutal_purge"}, Atom{"brutal_purge"}));
    x_first.insert(script[3] == load_x);
  }
  CHECK(x_first.size() == 2);
}
