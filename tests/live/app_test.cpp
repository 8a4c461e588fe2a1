// SPDX-License-Identifier: BSD-3-Clause
// Tests beams and generated appups against the erl in PATH:
//
// - every beam of OTP is read as beam_lib and beam_disasm read it;
// - systools_rc accepts the appups of hundreds of pairs of versions;
// - release_handler executes one of them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/graph.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "golden.hpp"
#include "paths.hpp"
#include "show_term.hpp"

using namespace erlrc;
using erlrc::test::read_file;
namespace fs = std::filesystem;

namespace {

// A directory that is removed when it is no longer needed.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "erlrc-app-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

void run(const std::string& script, const std::vector<fs::path>& arguments) {
  std::string command = "escript '" + script + "'";
  for (const fs::path& each : arguments)
    command += " '" + each.string() + "'";
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

const std::string kAppScript = test::in_source("tests/live/app.escript");
const std::string kTranslateScript = test::in_source("scripts/golden/script.escript");

Term answer_of(const fs::path& out) {
  return decode_term(read_file(out));
}

// The applications of this Erlang: their beams, as copied by the escript, and its report on each.
struct Installed {
  TemporaryDirectory copies;
  Term known;

  Installed() {
    run(kAppScript, {"beams", copies.path(), copies / "out"});
    known = answer_of(copies / "out");
  }
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
  TemporaryDirectory directory;
  std::vector<Term> questions;
  for (const Case& each : all) {
    auto app = [](const AppFiles& files) {
      return list({tuple(files.spec.name, string(files.spec.vsn), atoms(files.spec.modules))});
    };
    questions.push_back(tuple(Atom{each.direction == Direction::up ? "up" : "down"}, list(each.script),
                              app(each.to), app(each.from)));
  }
  std::ofstream(directory / "in", std::ios::binary) << encode_term(list(std::move(questions)));
  run(kTranslateScript, {directory / "in", directory / "out"});
  return *as_list(answer_of(directory / "out"));
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

// --- egerl

AppFiles load(const fs::path& ebin) {
  AppFiles files;
  files.spec = parse_app_spec(read_file(ebin / "egerl.app"), "egerl.app");
  for (const Atom& module : files.spec.modules) {
    std::string file = (ebin / (module.name + ".beam")).string();
    files.beams.emplace(module, parse_beam(read_file(file), file));
  }
  return files;
}

const char* const kSeen = R"(
  [{started, [{srv, {old, 1}}, {fsm, {one, data}}, {event, state}, {proc, state}, {bare, {1, state}}, {new, noproc},
              {children, [egerl_bare, egerl_event, egerl_fsm, egerl_proc, egerl_srv]}, {old_code, []}, {gone, true},
              {version_change, never}, {vsn, "1"}]},
   {{ok, []}, [{srv, {new, 2}}, {fsm, {two, {data, 2}}}, {event, {state, 2}}, {proc, {state, 2}}, {bare, {2, state}},
               {new, new},
               {children, [egerl_bare, egerl_event, egerl_fsm, egerl_new, egerl_proc, egerl_srv]}, {old_code, []},
               {gone, false}, {version_change, {"1", []}}, {vsn, "2"}]},
   {{ok, []}, [{srv, {old, 3}}, {fsm, {one, data}}, {event, state}, {proc, state}, {bare, {1, state}}, {new, noproc},
               {children, [egerl_bare, egerl_event, egerl_fsm, egerl_proc, egerl_srv]}, {old_code, []}, {gone, true},
               {version_change, {{down, "1"}, []}}, {vsn, "1"}]}])";

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

TEST_CASE("release_handler executes a generated appup in both directions, and no process is lost") {
  TemporaryDirectory directory;
  run(kAppScript, {"build", test::in_source("tests/live/egerl"), directory.path()});
  fs::path later = directory / "egerl-2" / "ebin";
  std::ofstream(later / "egerl.appup")
      << render_appup(make_appup(load(directory / "egerl-1" / "ebin"), load(later)));
  run(kAppScript, {"upgrade", directory.path(), directory / "out"});
  CHECK(answer_of(directory / "out") == parse_term(kSeen));
}

TEST_CASE("a version in an appup matches as in release_handler") {
  std::vector<VsnPattern> patterns{{"2.0", false}, {"git", false}, {"0.8.2+dfsg", false}, {"1\\..*", false}};
  for (const char* regex : {"2\\.0",
                            "2.0",
                            "^10\\.[0-9]+$",
                            "^8\\.5(?:\\.[0-9]+)*$",
                            "8",
                            "8|8\\.5.*",
                            "8\\.5.*|8",
                            "",
                            ".",
                            ".*",
                            ".*?",
                            "g.t",
                            "0\\.8\\.2\\+dfsg",
                            "0.8.2+dfsg",
                            "24\\.12-3~bpo12\\+1",
                            "\\d+\\.\\d+",
                            "[0-9.]+",
                            "[a-z]+",
                            "(?i)GIT",
                            "1$",
                            "(?m)^1$",
                            "\\A2\\.0\\z",
                            "(2)\\.(0)",
                            "2\\.(?=0)",
                            "(?<=2)\\.0",
                            "\\p{L}+",
                            "\xc3\xbc",
                            "2\\.0\\Q.1\\E",
                            "(2|2\\.0)"})
    patterns.push_back({regex, true});
  const std::vector<std::string> vsns{
      "2.0", "2x0", "2.0.1", "12.0",       "10.12",           "8.5",      "8.5.1.2", "8.6", "8", "1",
      "1\n", "git", "GIT",   "0.8.2+dfsg", "24.12-3~bpo12+1", "\xc3\xbc", ""};
  std::vector<Term> asked, ours;
  for (const VsnPattern& pattern : patterns) {
    std::vector<Term> versions, meant;
    for (const std::string& vsn : vsns) {
      versions.push_back(string(vsn));
      meant.push_back(boolean(matches(pattern, vsn)));
    }
    asked.push_back(tuple(to_term(pattern), list(versions)));
    ours.push_back(list(meant));
  }
  TemporaryDirectory directory;
  std::ofstream(directory / "asked") << print_term(list(asked)) << ".\n";
  run(kAppScript, {"match", directory / "asked", directory / "out"});
  const Term answer = answer_of(directory / "out");
  for (std::size_t i = 0; i < patterns.size(); ++i)
    if (as_list(answer)->at(i) != ours[i])
      FAIL_CHECK(print_term(to_term(patterns[i]))
                 << " is to OTP " << print_term(as_list(answer)->at(i)) << ", to us " << print_term(ours[i]));
}
