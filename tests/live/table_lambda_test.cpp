// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests anonymous functions of old code that are kept in states, in tables and in persistent terms.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// zoo_lib:made/0 returns such a function.
LabRelease zoo(const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.modules.push_back({"zoo_lib", "plain"});
  return made;
}

/// Version 1.0.0; `keep` keeps zoo_lib:made().
void start(Lab& lab, const std::string& keep, const std::string& appup = "") {
  lab.add(zoo("1.0.0"));
  LabRelease later = zoo("2.0.0");
  if (!appup.empty())
    later.appup = "{\"2.0.0\", [{\"1.0.0\", " + appup + "}], [{\"1.0.0\", " + appup + "}]}.";
  lab.add(later);
  lab.add(zoo("3.0.0"));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(keep + ", lab:mark().");
}

const std::string table =
    "ets:insert(ets:new(zoo_hooks, [named_table, public, {heir, whereis(zoo_a), none}]), "
    "{hook, #{call => [zoo_lib:made()]}})";
const std::string call = "[{_, #{call := [Made]}}] = ets:lookup(zoo_hooks, hook), Made().";
const std::string kept = "remark: the old code is kept of modules whose functions are in tables: zoo_lib in ";
const std::string lost =
    "remark: functions in tables fail from now on, because their code is removed: zoo_lib in ";

void check_works(Lab& lab, const std::string& text) {
  CHECK(lab.ask("lab:await(fun() -> not erlang:check_old_code(zoo_a) end), " + text) == "\"1.0.0\"");
}

}  // namespace

TEST_CASE("functions: old code stays for those in a table, which is named") {
  Lab lab;
  const std::string appup = GENERATE("", "[{load_module, zoo_lib}, {load_module, zoo_a}]");
  CAPTURE(appup);
  start(lab, table, appup);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, kept + "zoo_hooks of " + lab.pid_of("zoo_a")));
  check_works(lab, call);
}

TEST_CASE("functions: old code stays for one in the state of a server") {
  Lab lab;
  start(lab, "{ok, _} = pg:start(keeper), sys:replace_state(keeper, fun(_) -> {zoo_lib:made()} end)");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  check_works(lab, "{Made} = sys:get_state(keeper), Made().");
  lab.ask("exit(whereis(keeper), kill).");
}

TEST_CASE("functions: old code stays for those in a persistent term") {
  Lab lab;
  start(lab, "persistent_term:put({some, hook}, zoo_lib:made())");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, kept + "persistent terms"));
  check_works(lab, "(persistent_term:get({some, hook}))().");
  lab.ask("persistent_term:erase({some, hook}).");
}

TEST_CASE("functions: a private table is asked if its owner is of the application") {
  Lab lab;
  start(lab,
        "sys:replace_state(zoo_a, fun(S) -> ets:insert(ets:new(zoo_hooks, [named_table, private]),"
        " {hook, zoo_lib:made()}), S end)");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, kept + "zoo_hooks of "));
}

TEST_CASE("functions: the next upgrade names the table, and --purge=kill removes the code alone") {
  Lab lab;
  start(lab, table);
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  const std::string owner = lab.pid_of("zoo_a");
  const Ran refused = lab.upgrade("zoo", "2.0.0", "3.0.0");
  INFO(refused);
  CHECK(refused.exit == 1);
  CHECK(has(refused.err,
            "refused: functions of the code before the last upgrade are in tables: zoo_lib in zoo_hooks of " +
                owner));
  check_works(lab, call);
  const Ran ran = lab.upgrade("zoo", "2.0.0", "3.0.0", {"--purge=kill"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, lost + "zoo_hooks of " + owner));
  CHECK(lab.pid_of("zoo_a") == owner);
}

TEST_CASE("functions: an upgrade may follow when the table has others") {
  Lab lab;
  start(lab, table);
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  lab.ask("ets:insert(zoo_hooks, {hook, #{call => [zoo_lib:made()]}}).");
  const Ran ran = lab.upgrade("zoo", "2.0.0", "3.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(!has(ran.out, lost));
}

TEST_CASE("functions: those of the code that comes back are well") {
  Lab lab;
  start(lab, table);
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(!has(ran.out, "functions"));
  check_works(lab, call);
}

TEST_CASE("functions: those of another application's tables are named when their code is unloaded") {
  Lab lab;
  start(lab, "persistent_term:put({some, hook}, zoo_lib:made())");
  const Ran ran = lab.stop("zoo", "1.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, lost + "persistent terms"));
  lab.ask("persistent_term:erase({some, hook}).");
}
