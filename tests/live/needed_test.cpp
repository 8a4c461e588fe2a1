// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests that a start, or an upgrade to a version with new dependencies, starts dependencies that do not run,
// as a boot would.

using namespace erlrc;
using namespace erlrc::test;

namespace {

LabRelease needing(const std::string& app, const std::string& vsn, const std::string& needed) {
  return servers(app, vsn, {app + "_a"},
                 ", {applications, [kernel, stdlib" + (needed.empty() ? "" : ", " + needed) + "]}");
}

/// zoo needs mid, which needs low; both are in the code path.
class NeededLab : public Lab {
public:
  NeededLab() {
    add(needing("zoo", "1.0.0", "mid"));
    for (const auto& [app, needed] : {std::pair{"mid", "low"}, {"low", ""}}) {
      add(needing(app, "1.0.0", needed));
      // Code that the node has loaded by itself stays.
      ask("code:add_patha(\"" + at(app, "1.0.0") + "/ebin\").");
      for (const char* module : {"_app", "_sup", "_a"})
        ask(std::string(app) + module + ":module_info().");
    }
    ask("lab:mark().");
  }
  std::string running() {
    return ask(
        "lists:sort([T || {A, _} = T <- proplists:get_value(started, application:info()),"
        " lists:member(A, [zoo, mid, low])]).");
  }
};

}  // namespace

TEST_CASE("needed: dependencies that do not run are started first, with their own dependencies") {
  NeededLab lab;
  CHECK(lab.start("zoo", "1.0.0") == Ran{0, "erlrc-start: Starting 'zoo': (NODE) started\n", ""});
  CHECK(lab.running() == "[{low,temporary},{mid,temporary},{zoo,temporary}]");
  CHECK(lab.ask("[A || {start, A, _, _} <- lab:calls()].") == "[low,mid,zoo]");
}

TEST_CASE("needed: a running dependency does not change") {
  NeededLab lab;
  lab.ask("application:start(low, transient).");
  CHECK(lab.start("zoo", "1.0.0").exit == 0);
  CHECK(lab.running() == "[{low,transient},{mid,temporary},{zoo,temporary}]");
}

TEST_CASE("needed: a failed start stops everything that it started") {
  NeededLab lab;
  const std::string app = GENERATE("low", "mid", "zoo");
  lab.ask("lab:on({start, " + app + "}, {answer, {error, not_today}}).");
  CHECK(lab.start("zoo", "1.0.0") == Ran{1, "",
                                         "erlrc-start: NODE: rolled_back: " + app + ": start: {not_today,{" +
                                             app + "_app,start,[normal,[args]]}}\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("needed: a dependency that is not in the code path is named by the start that needs it") {
  NeededLab lab;
  lab.add(needing("zoo", "2.0.0", "nosuch"));
  CHECK(lab.start("zoo", "2.0.0") ==
        Ran{1, "", "erlrc-start: NODE: rolled_back: zoo: start: {not_started,nosuch}\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("needed: applications that need each other do not start") {
  NeededLab lab;
  lab.add(needing("low", "2.0.0", "mid"));
  lab.ask("code:add_patha(\"" + lab.at("low", "2.0.0") + "/ebin\"), lab:mark().");
  const Ran ran = lab.start("zoo", "1.0.0");
  CHECK(ran.err == "erlrc-start: NODE: rolled_back: low: start: {not_started,mid}\n");
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("needed: new dependencies are started before an upgrade, and stopped if that fails") {
  NeededLab lab;
  lab.add(needing("zoo", "3.0.0", ""));
  lab.add(needing("zoo", "4.0.0", "mid"));
  lab.start("zoo", "3.0.0");
  lab.ask("lab:mark().");
  SECTION("it succeeds") {
    CHECK(lab.upgrade("zoo", "3.0.0", "4.0.0").exit == 0);
    CHECK(lab.running() == "[{low,temporary},{mid,temporary},{zoo,temporary}]");
  }
  SECTION("it fails") {
    lab.ask("lab:on({code_change, zoo_a}, {answer, {error, not_today}}).");
    CHECK(lab.upgrade("zoo", "3.0.0", "4.0.0").exit == 1);
    CHECK(lab.ask("lab:diff().") == "[]");
  }
}
