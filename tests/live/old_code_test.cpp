// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>

#include "catch.hpp"
#include "lab.hpp"

// Tests processes that an upgrade leaves in old code (--stranded), and that the next one would kill
// (--purge).

using namespace erlrc;
using namespace erlrc::test;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

LabRelease zoo(const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.modules.push_back({"zoo_lib", "plain"});
  return made;
}

/// Version 1.0.0 with a process that stays inside zoo_lib.
void set_up(Lab& lab) {
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("register(lingers, spawn(zoo_lib, linger, [])), lab:mark().");
}

/// Version 2.0.0 with that process in the code of 1.0.0.
void set_up_upgraded(Lab& lab) {
  set_up(lab);
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  REQUIRE(lab.ask("lab:mark(), erlang:check_process_code(whereis(lingers), zoo_lib).") == "true");
}

std::string lingering(Lab& lab) {
  return lab.pid_of("lingers") + " lingers in zoo_lib:linger/0";
}

Ran downgrade(Lab& lab, const std::string& purge) {
  return lab.downgrade("zoo", "1.0.0", "2.0.0",
                       purge.empty() ? std::vector<std::string>{} : std::vector{purge});
}

const Ran downgraded{0, "erlrc-downgrade: Downgrading 'zoo': (NODE) downgraded\n", ""};

}  // namespace

TEST_CASE("stranded: a process that no instruction converts is named, and keeps running the old code") {
  Lab lab;
  set_up(lab);
  const std::string who = lingering(lab);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n"
            "  remark: processes that nothing converts keep running old code: 1 in zoo_lib: " +
                who + "\n",
            ""});
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.ask("erlang:check_process_code(whereis(lingers), zoo_lib).") == "true");
}

TEST_CASE("stranded: --stranded=refuse refuses the upgrade before anything changes") {
  Lab lab;
  set_up(lab);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) ==
        Ran{1, "",
            "erlrc-upgrade: NODE: refused: processes that nothing converts: 1 in zoo_lib: " + lingering(lab) +
                "\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("lingers ! stop, lab:await(fun() -> whereis(lingers) =:= undefined end).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}).exit == 0);
}

TEST_CASE("purge: a process in code from before the last upgrade is named, and the upgrade is refused") {
  Lab lab;
  set_up_upgraded(lab);
  const std::string option = GENERATE("", "--purge=refuse");
  CHECK(downgrade(lab, option) == Ran{1, "",
                                      "erlrc-downgrade: NODE: refused: processes still run the code before "
                                      "the last upgrade: zoo_lib in " +
                                          lingering(lab) + "\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("lingers ! stop, lab:await(fun() -> whereis(lingers) =:= undefined end).");
  CHECK(downgrade(lab, option) == downgraded);
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("purge: --purge=kill ends it, at once or after a time, and names it") {
  Lab lab;
  set_up_upgraded(lab);
  const std::string option = GENERATE("--purge=kill", "--purge=kill=0.3");
  const std::string who = lingering(lab);
  const auto began = Clock::now();
  CHECK(downgrade(lab, option) ==
        Ran{0,
            downgraded.out +
                "  remark: to be killed, because they still run the code before the last upgrade: "
                "zoo_lib in " +
                who + "\n",
            ""});
  CHECK((option == "--purge=kill" || Clock::now() - began >= milliseconds(300)));
  CHECK(lab.condition("zoo") == "old");
  CHECK(lab.ask("whereis(lingers).") == "undefined");
}

TEST_CASE("purge: --purge=kill kills no process if the upgrade is refused for another reason") {
  Lab lab;
  set_up_upgraded(lab);
  lab.ask("register(other, spawn(zoo_lib, linger, [])), lab:mark().");
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0", {"--purge=kill", "--stranded=refuse"});
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("  remark: to be killed, ") != std::string::npos);
  CHECK(lab.ask("whereis(lingers) =/= undefined.") == "true");
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("purge: --purge=kill serves release_handler, too") {
  Lab lab;
  set_up_upgraded(lab);
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0", {"--purge=kill", "--engine=otp"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("whereis(lingers).") == "undefined");
}

TEST_CASE("purge: --purge=wait continues as soon as it has ended") {
  Lab lab;
  set_up_upgraded(lab);
  const std::string option = GENERATE("--purge=wait", "--purge=wait=20");
  lab.ask("erlang:send_after(400, lingers, stop).");
  const auto began = Clock::now();
  CHECK(downgrade(lab, option) == downgraded);
  const auto took = Clock::now() - began;
  CHECK(took > milliseconds(200));
  CHECK(took < milliseconds(15000));
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("purge: --purge=wait=SECONDS refuses after that time, or after that of the whole call") {
  Lab lab;
  set_up_upgraded(lab);
  const auto began = Clock::now();
  const Ran ran = downgrade(lab, "--purge=wait=1");
  const auto took = Clock::now() - began;
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with(
      "erlrc-downgrade: NODE: refused: processes still run the code before the last upgrade: "));
  CHECK(took >= milliseconds(1000));
  CHECK(took < milliseconds(20000));
  CHECK(lab.ask("lab:diff().") == "[]");
  const Ran late = in_time([&](double seconds) {
    std::vector<std::string> options = lab.limit(seconds);
    options.push_back("--purge=wait=3000");
    return lab.downgrade("zoo", "1.0.0", "2.0.0", options);
  });
  CHECK(late.exit == 1);
  CHECK(late.err == "erlrc-downgrade: NODE: refused: the time limit is over\n");
  CHECK(lab.ask("lab:diff().") == "[]");
}

namespace {

/// As set_up_upgraded, where 2.0.0 has an appup. Of its processes in the code of 1.0.0, only those that
/// `down` purges are killed.
void set_up_with_appup(Lab& lab, const std::string& down) {
  LabRelease later = zoo("2.0.0");
  later.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{load_module, zoo_lib, soft_purge, soft_purge, []}]}],"
      " [{\"1.0.0\", [" +
      down + "]}]}.";
  lab.add(zoo("1.0.0"));
  lab.add(later);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("register(lingers, spawn(zoo_lib, linger, [])).");
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  lab.ask("register(other, spawn(zoo_lib, linger, [])), lab:mark().");
}

const std::string to_be_purged =
    "  remark: to be killed, because they still run the code before the last upgrade, which the appup "
    "removes "
    "by brutal_purge: ";

}  // namespace

TEST_CASE("purge: what brutal_purge will kill before the new code is loaded is named, and killed") {
  Lab lab;
  const std::string engine = GENERATE("--engine=erlrc", "--engine=otp");
  CAPTURE(engine);
  set_up_with_appup(lab, "{load_module, zoo_lib, brutal_purge, soft_purge, []}");
  const std::string remark = to_be_purged + "zoo_lib in " + lingering(lab) + "\n";
  const Ran before = lab.downgrade("zoo", "1.0.0", "2.0.0", {engine, "--explain"});
  INFO(before);
  CHECK(before.exit == 0);
  CHECK(before.out.find(remark) != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0", {engine});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find(remark) != std::string::npos);
  CHECK(ran.out.find(" lingers in ", ran.out.find(" lingers in ") + 1) == std::string::npos);
  CHECK(lab.ask("[whereis(lingers), is_pid(whereis(other))].") == "[undefined,true]");
}

TEST_CASE("purge: a rollback names what was killed") {
  Lab lab;
  const auto [down, option] = GENERATE(table<std::string, std::string>(
      {{"{load_module, zoo_lib, brutal_purge, soft_purge, []}", "--purge=refuse"},
       {"{load_module, zoo_lib, soft_purge, soft_purge, []}", "--purge=kill"}}));
  CAPTURE(option);
  set_up_with_appup(lab, down + ", {apply, {erlang, error, [late]}}");
  const std::string who = lingering(lab);
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0", {option});
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find("  left: " + who + ": was killed, because it ran the code before the last upgrade\n") !=
        std::string::npos);
}

TEST_CASE("purge: brutal_purge kills no process if the upgrade is refused") {
  Lab lab;
  set_up_with_appup(lab, "{load_module, zoo_lib, brutal_purge, soft_purge, []}");
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"});
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.find(to_be_purged) != std::string::npos);
  CHECK(ran.err.find("1 in zoo_lib: ") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
}
