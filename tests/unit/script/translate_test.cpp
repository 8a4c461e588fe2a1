// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/script/translate.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

#include <fstream>
#include <map>
#include <sstream>

#include "catch.hpp"
#include "paths.hpp"
#include "systools.hpp"

using namespace erlrc;
using test::Likeness;

namespace {

std::vector<ParsedTerm> golden_answers() {
  const std::string file = test::in_source("tests/golden/script/translated.term");
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return parse_terms(text.str(), file);
}

}  // namespace

TEST_CASE("scripts are translated as systools_rc does") {
  const auto cases = test::written_cases();
  const auto answers = golden_answers();
  REQUIRE(cases.size() == 2 * answers.size());
  std::map<Likeness, int> counts;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& answer = *as_tuple(answers[i / 2].term, 3);
    REQUIRE(as_string(answer[0]) == cases[i].name);
    const Term& theirs = answer[1 + i % 2];
    const Likeness likeness = test::compare(cases[i], theirs);
    ++counts[likeness];
    INFO(test::explain(cases[i], theirs));
    CHECK(likeness != Likeness::different);
  }
  CHECK(counts[Likeness::stricter] == 10);  // the last scripts of scripts.term, both directions
  CHECK(counts[Likeness::reordered] == 0);
}

namespace {

std::string refused(const char* script, Direction direction = Direction::up) {
  auto of = test::written_cases().front();
  of.direction = direction;
  of.script = *as_list(parse_term(script));
  return test::translate_terms(of).error.value_or("accepted");
}

}  // namespace

TEST_CASE("the error for a script that cannot be translated names the problem") {
  const auto& [script, message] = GENERATE(table<const char*, const char*>({
      {"[{apply,{m,f,[]}},{load_module,a},point_of_no_return]",
       "instruction 2: found before point_of_no_return, where only load_object_code and apply are allowed"},
      {"[point_of_no_return,point_of_no_return]", "point_of_no_return: found more than one"},
      {"[{load,{a,soft_purge,soft_purge}}]", "load of a: no load_object_code reads it"},
      {"[{suspend,[a,'B',c]},{resume,[c]}]", "suspend of a, 'B': never resumed"},
      {"[{resume,[a]}]", "resume of a: never suspended"},
      {"[{start,[a]}]", "start of a: never stopped"},
      {"[{stop,[a]}]", "stop of a: never started again"},
      {"[{add_application,missing}]", "add_application missing: no such application after the change"},
      {"[{remove_application,missing}]", "remove_application missing: no such application before the change"},
      {"[{remove_application,other}]",
       "remove_application other: the application is still there after the change"},
      {"[{restart_application,added}]", "restart_application added: no such application before the change"},
      {"[{restart_application,removed}]",
       "restart_application removed: no such application after the change"},
      {"[{load_module,a},{update,a}]", "module a: found several instructions, expected one"},
      {"[{load_module,a,['B']}]", "module a: depends on 'B', for which there is no instruction"},
      {"[{load_module,'Stranger'}]", "module 'Stranger': not listed in the modules of the application"},
      {"[{load_object_code,{app,\"1\",[a]}},{load_object_code,{app,\"2\",[b]}}]",
       "load_object_code of app: found versions 1 and 2, expected one"},
  }));
  CHECK(refused(script) == message);
  CHECK(refused(script, Direction::down) == message);
}

TEST_CASE("the script of 2,000 modules keeps its order") {
  test::ScriptCase of;
  AppSpec app;
  app.name = Atom{"app"};
  app.vsn = "1";
  std::vector<Term> loads;
  for (int i = 0; i < 2000; ++i) {
    const Atom module{"m" + std::to_string(i)};
    app.modules.push_back(module);
    of.script.push_back(tuple(Atom{"load_module"}, module));
    loads.push_back(tuple(Atom{"load"}, tuple(module, Atom{"brutal_purge"}, Atom{"brutal_purge"})));
  }
  of.to = {app};
  std::vector<Term> expected{
      tuple(Atom{"load_object_code"}, tuple(Atom{"app"}, string("1"), atoms(app.modules))),
      Atom{"point_of_no_return"}};
  expected.insert(expected.end(), loads.begin(), loads.end());
  CHECK((test::translate_terms(of).script == expected));
  CHECK((test::translate_terms(of, Grouping::together).script == expected));
}
