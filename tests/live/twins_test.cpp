// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <map>
#include <set>

#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "generated_scripts.hpp"
#include "paths.hpp"
#include "zoo.hpp"

// Executes the same script on three equal nodes: by our runner, by our runner with --engine=otp, and by
// release_handler alone. Then compares the nodes (lab_twin:end_state/0): modules with md5 and file, code
// path, applications, keys, environments, configuration, registered names, the states of all processes and
// whether they are those from before, their mailboxes, old code, and the calls in order.
//
// By default it uses a sample of the generated scripts; with ERLRC_TWINS=N (scripts/twins) N of them.

using namespace erlrc;
using namespace erlrc::test;

namespace {

enum Who { runner, engine, alone };
const std::array<std::string, 3> names{"runner", "--engine=otp", "release_handler"};

struct Difference {
  std::string section;
  std::string text;  ///< contained in a row
  std::string why;   ///< for the reader of the list
};

struct Script {
  std::string name;
  std::string up;  ///< the list of instructions; empty: the package ships no appup
  std::string down;
  std::string before;        ///< expressions evaluated before the upgrade
  std::string then;          ///< expressions evaluated after each of upgrade and downgrade
  bool rolled_back = false;  ///< by the runner, but not by release_handler
  std::vector<Difference> differs;
};

std::string exchanged(std::string text, const std::string& one, const std::string& other) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_one = text.compare(at, one.size(), one) == 0;
    if (!is_one && text.compare(at, other.size(), other) != 0) continue;
    text.replace(at, (is_one ? one : other).size(), is_one ? other : one);
    at += (is_one ? other : one).size() - 1;
  }
  return text;
}

/// The downgrade that mirrors an upgrade.
std::string mirrored(std::string script) {
  script = exchanged(std::move(script), "zoo_new", "zoo_gone");
  script = exchanged(std::move(script), "\"1.0.0\"", "\"2.0.0\"");
  return exchanged(std::move(script), "{code_change,up,", "{code_change,down,");
}

Script script_of(const Term& term) {
  const auto& parts = *as_tuple(term);
  Script script{
      as_string(parts[0]).value(), print_term(parts[1]), mirrored(print_term(parts[1])), {}, {}, false, {}};
  if (parts.size() < 3) return script;
  for (const Term& option : *as_list(parts[2])) {
    if (const auto* down = as_tagged(option, "down", 2)) script.down = print_term((*down)[1]);
    if (const auto* before = as_tagged(option, "before", 2)) script.before = as_string((*before)[1]).value();
    if (const auto* then = as_tagged(option, "then", 2)) script.then = as_string((*then)[1]).value();
    if (as_tagged(option, "rolled_back", 2) != nullptr) script.rolled_back = true;
    if (const auto* differs = as_tagged(option, "differs", 4))
      script.differs.push_back(
          {as_atom((*differs)[1])->name, as_string((*differs)[2]).value(), as_string((*differs)[3]).value()});
  }
  return script;
}

std::vector<Script> written() {
  std::vector<Script> scripts;
  for (const ParsedTerm& parsed : parse_terms(read_file(in_source("tests/support/twins.term")), "twins.term"))
    scripts.push_back(script_of(parsed.term));
  scripts.push_back({"made appup", "", "", {}, {}, false, {}});
  return scripts;
}

using Rows = std::multiset<std::string>;
using State = std::map<std::string, Rows>;

/// A row of the section `modules` without its file. The runner does not reload modules with the same code, so
/// they are still from the old version's file.
std::string code_of(const std::string& row) {
  return row.substr(0, row.rfind(",\"LAB"));
}

/// Runs one script, up and down, on all nodes.
class Trial {
public:
  explicit Trial(const Script& script) : script_(script) {
    lab_.add_twin();
    lab_.add_twin();
    lab_.add(zoo("1.0.0"));
    lab_.add(zoo("2.0.0"));
    REQUIRE(lab_.start("zoo", "1.0.0").exit == 0);
    on_all(
        "[gen_server:call(S, vsn) || S <- [zoo_first, zoo_server, zoo_server, zoo_deep]],"
        " [{ok, _} = supervisor:start_child(zoo_pool, [infinity]) || _ <- [1, 2, 3]], zoo_same:same().");
    if (!script.before.empty()) on_all(script.before);
  }

  void run() {
    if (change(Direction::up)) change(Direction::down);
    for (const Difference& listed : script_.differs)
      if (!seen_.contains(&listed)) FAIL_CHECK(listed.section << " does not differ: " << listed.text);
  }

private:
  void on_all(const std::string& expressions) {
    std::vector<std::future<std::string>> answers;
    for (const Who who : {runner, engine, alone})
      answers.push_back(std::async(std::launch::async, [&, who] { return lab_.ask(expressions, who); }));
    for (auto& answer : answers)
      answer.get();
  }

  /// Returns whether all nodes succeeded.
  bool change(Direction direction) {
    INFO((direction == Direction::up ? "upgrade" : "downgrade"));
    on_all("lab:mark(), ets:delete_all_objects(lab_calls).");
    std::array<std::string, 3> said;
    for (const Who who : {runner, engine, alone})
      said[who] = ask_for(direction, who);
    for (const Who who : {engine, alone})
      if ((said[who] == "done") != (said[runner] == "done" || script_.rolled_back))
        FAIL_CHECK("runner: " << said[runner] << "\n" << names[who] << ": " << said[who]);
    if (said[runner] != "done" || said[engine] != "done" || said[alone] != "done") {
      for (const Who who : {runner, engine})
        if (said[who] != "done") CHECK(lab_.ask("lab:diff().", who) == "[]");
      return false;
    }
    if (!script_.then.empty()) on_all(script_.then);
    std::array<std::future<State>, 3> states;
    for (const Who who : {runner, engine, alone})
      states[who] = std::async(std::launch::async, [this, who] { return state(who); });
    const State ours = states[runner].get();
    compare(ours, states[engine].get(), engine);
    compare(ours, states[alone].get(), alone);
    return true;
  }

  std::string ask_for(Direction direction, Who who) {
    ship(who == alone);
    const bool up = direction == Direction::up;
    const std::string to = up ? "2.0.0" : "1.0.0";
    if (who == alone)
      return lab_.ask("lab_twin:release_handler(" + std::string(up ? "up" : "down") + ", zoo, \"" + to +
                          "\", \"" + lab_.at("zoo", to) + "\").",
                      who);
    std::vector<std::string> options{"--node", lab_.node(who).alive(), "--children=keep"};
    if (who == engine) options.push_back("--engine=otp");
    const Ran ran = up ? lab_.upgrade("zoo", "1.0.0", "2.0.0", options)
                       : lab_.downgrade("zoo", "1.0.0", "2.0.0", options);
    return ran.exit == 0 ? "done" : ran.err;
  }

  /// The runner generates a missing appup; this does it for release_handler.
  void ship(bool made) {
    const std::string file = "zoo-2.0.0/ebin/zoo.appup";
    if (!script_.up.empty()) {
      lab_.dir().write(
          file, "{\"2.0.0\", [{\"1.0.0\", " + script_.up + "}], [{\"1.0.0\", " + script_.down + "}]}.");
      return;
    }
    std::filesystem::remove(lab_.dir() / file);
    if (!made) return;
    const Ran ran =
        lab_.run(makeappup_main, {"zoo", "1.0.0", "2.0.0", lab_.at("zoo", "1.0.0"), lab_.at("zoo", "2.0.0")});
    REQUIRE(ran.exit == 0);
    lab_.dir().write(file, ran.out);
  }

  State state(Who who) {
    State state;
    const Term sections = lab_.node(who).evaluate("lab_twin:end_state().");
    for (const Term& section : *as_list(sections))
      for (const Term& row : *as_list((*as_tuple(section))[1]))
        state[as_atom((*as_tuple(section))[0])->name].insert(lab_.neutral(print_term(row)));
    return state;
  }

  void compare(State ours, State theirs, Who who) {
    for (auto& [section, rows] : ours) {
      Rows& others = theirs[section];
      for (auto row = rows.begin(); row != rows.end();) {
        const auto same = std::ranges::find_if(others, [&](const std::string& other) {
          return section == "modules" ? code_of(*row) == code_of(other) : *row == other;
        });
        if (same != others.end()) others.erase(same);
        row = same != others.end() ? rows.erase(row) : std::next(row);
      }
    }
    for (const auto& [section, others] : theirs) {
      if (ours[section].empty() && others.empty()) continue;
      std::string all;
      bool expected = true;
      for (const auto& [name, rows] :
           {std::pair(names[runner], ours[section]), std::pair(names[who], others)})
        for (const std::string& row : rows) {
          all += "  " + name + ": " + row + "\n";
          expected = is_listed(section, row) && expected;
        }
      if (!expected) FAIL_CHECK(section << " differs:\n" << all);
    }
  }

  /// Whether the script lists the difference as expected.
  bool is_listed(const std::string& section, const std::string& row) {
    for (const Difference& listed : script_.differs)
      if (listed.section == section && row.find(listed.text) != std::string::npos) {
        seen_.insert(&listed);
        return true;
      }
    return false;
  }

  const Script& script_;
  Lab lab_;
  std::set<const Difference*> seen_;
};

/// The number of generated scripts.
std::uint32_t asked_for() {
  const char* asked = std::getenv("ERLRC_TWINS");
  return asked != nullptr ? static_cast<std::uint32_t>(std::stoul(asked)) : 12;
}

std::vector<Script> generated() {
  std::vector<Script> scripts;
  for (std::uint32_t seed = 1; seed <= asked_for(); ++seed) {
    const std::string script = print_term(list(generated_zoo_script(seed)));
    scripts.push_back({"generated " + std::to_string(seed), script, mirrored(script), {}, {}, false, {}});
  }
  return scripts;
}

}  // namespace

TEST_CASE("twins: a written script run by the runner and by release_handler gives equal nodes") {
  const Script script = GENERATE(from_range(written()));
  CAPTURE(script.name, script.up, script.down);
  Trial(script).run();
}

TEST_CASE("twins: a generated script run by the runner and by release_handler gives equal nodes") {
  const Script script = GENERATE(from_range(generated()));
  CAPTURE(script.name, script.up, script.down);
  Trial(script).run();
}
