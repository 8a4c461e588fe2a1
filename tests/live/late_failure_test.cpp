// SPDX-License-Identifier: BSD-3-Clause
#include <functional>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"

// Tests steps that fail after processes have already run the new code and handled messages there.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// The failing instruction.
const std::string late = "{apply, {erlang, error, [late]}}";

constexpr int rolled_back = 1;
constexpr int broken = 3;

/// code_change of the new code is called twice: for the upgrade it only arranges that the second call, in the
/// rollback, crashes.
const std::string crash_in_rollback =
    "lab:on({code_change, {den_own, \"2.0.0\"}},"
    " {call, {lab, on, [{code_change, {den_own, \"2.0.0\"}}, crash]}}).";

/// `servers` makes den_app and den_sup first.
LabModule& supervisor_of(LabRelease& made) {
  return made.modules[1];
}

/// An application with one process of the module den_own, made from the template lab/KIND.erl.
LabRelease den(const std::string& vsn, const std::string& kind) {
  LabRelease made = servers("den", vsn, {});
  supervisor_of(made).children = child_specs({"den_own"});
  made.modules.push_back({"den_own", kind});
  return made;
}

/// Starts version 1.0.0; version 2.0.0 ships these instructions.
void set_up(Lab& lab, const std::function<LabRelease(const std::string&)>& release,
            const std::string& instructions) {
  lab.add(release("1.0.0"));
  LabRelease later = release("2.0.0");
  later.appup = "{\"2.0.0\", [{\"1.0.0\", [" + instructions + "]}], []}.";
  lab.add(later);
  REQUIRE(lab.start("den", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
}

}  // namespace

TEST_CASE(
    "a process gets its old state if code_change of the rollback changes nothing, and that loss is "
    "reported") {
  Lab lab;
  set_up(
      lab, [](const std::string& vsn) { return den(vsn, "oneway"); },
      "{update, den_own, {advanced, []}}, {apply, {gen_server, call, [den_own, count]}}, " + late);
  const Ran ran = lab.upgrade("den", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == rolled_back);
  CHECK(ran.err.find("has its state from before the upgrade; what happened since is lost\n") !=
        std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("gen_server:call(den_own, count).") == "0");
}

TEST_CASE("a process started by the new code is named if code_change of the rollback changes nothing") {
  Lab lab;
  set_up(
      lab,
      [](const std::string& vsn) {
        LabRelease made = servers("den", vsn, {});
        supervisor_of(made).children =
            "[{den_pool, {den_pool, start_link, []}, permanent, infinity, supervisor, [den_pool]}]";
        made.modules.push_back(
            {"den_pool", "pool", "[{own, {den_own, start_link, []}, temporary, 2000, worker, [den_own]}]"});
        made.modules.push_back({"den_own", "oneway"});
        return made;
      },
      "{update, den_own, {advanced, []}}, {apply, {supervisor, start_child, [den_pool, [new]]}}, " + late);
  lab.ask("{ok, _} = supervisor:start_child(den_pool, [old]).");
  const Ran ran = lab.upgrade("den", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == broken);
  CHECK(ran.err.find("was started by the new code, and its state could not be converted back: code_change "
                     "left it as it was\n") != std::string::npos);
  CHECK(lab.ask("lists:sort([sys:get_state(P) || {_, P, _, _} <- supervisor:which_children(den_pool)]).") ==
        "[{state,0},{state,0,new}]");
}

TEST_CASE("a gen_statem uses the callback_mode of its old code") {
  const std::string event = GENERATE("look", "count");
  CAPTURE(event);
  Lab lab;
  set_up(
      lab, [](const std::string& vsn) { return den(vsn, "modes"); },
      "{update, den_own, {advanced, []}}, {apply, {gen_statem, call, [den_own, " + event + "]}}, " + late);
  SECTION("converted back") {
    CHECK(lab.upgrade("den", "1.0.0", "2.0.0").exit == rolled_back);
    CHECK(lab.ask("gen_statem:call(den_own, look).") ==
          "{\"1.0.0\"," + std::string(event == "look" ? "0}" : "1}"));
  }
  SECTION("after a script that OTP executed") {
    CHECK(lab.upgrade("den", "1.0.0", "2.0.0", {"--engine=otp"}).exit == rolled_back);
    CHECK(lab.ask("lab:diff().") == "[]");
    CHECK(lab.ask("gen_statem:call(den_own, look).") == R"({"1.0.0",0})");
  }
  SECTION("without a conversion back") {
    lab.ask(crash_in_rollback);
    CHECK(lab.upgrade("den", "1.0.0", "2.0.0").exit == rolled_back);
    CHECK(lab.ask("lab:diff().") == "[]");
    CHECK(lab.ask("gen_statem:call(den_own, look).") == R"({"1.0.0",0})");
  }
  SECTION("or is named if that is not possible") {
    lab.ask("lab:on({code_change, {den_own, \"1.0.0\"}}, crash), " + crash_in_rollback);
    const Ran ran = lab.upgrade("den", "1.0.0", "2.0.0");
    INFO(ran);
    CHECK(ran.exit == broken);
    CHECK(ran.err.find(": still uses the new callback_mode: code_change of the old code failed: "
                       "lab:do/2, lab.erl:") != std::string::npos);
    CHECK(ran.err.find(": on_purpose\n") != std::string::npos);
    CHECK(lab.ask("lab:diff().") == "[]");
  }
}

TEST_CASE("an application that does not survive its new version is rolled back to the old one") {
  Lab lab;
  set_up(
      lab, [](const std::string& vsn) { return den(vsn, "frail"); },
      "{update, den_own, {advanced, []}}, {apply, {gen_server, cast, [den_own, any]}},"
      " {apply, {lab, await_end, [den]}}");
  const Ran ran = lab.upgrade("den", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == rolled_back);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: den: runs no longer\n"));
  CHECK(ran.err.find("  remark: den: had ended and is started again; what its processes knew is lost\n") !=
        std::string::npos);
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  CHECK(lab.condition("den") == "old");
}

TEST_CASE("an application that ends while its node waits for the others is started again, too") {
  Lab lab;
  lab.add_twin();
  lab.ask("lab:mark().", 1);
  set_up(
      lab, [](const std::string& vsn) { return den(vsn, "frail"); },
      "{update, den_own, {advanced, []}}, {apply, {den_app, changed, [up]}}");
  lab.ask("lab:on({changed, den}, {wait, ok}).", 1);
  Child upgrade = lab.launch("upgrade", {"--timeout", "300", "den", "1.0.0", "2.0.0", lab.at("den", "1.0.0"),
                                         lab.at("den", "2.0.0")});
  REQUIRE(lab.ask("lab:await_reached({changed, den}).", 1) == "true");
  lab.ask(
      "lab:await(fun() -> application:get_key(den, vsn) =:= {ok, \"2.0.0\"} end),"
      " lab:await_rest(whereis(erlrc_runner)), gen_server:cast(den_own, any), lab:await_end(den).");
  lab.ask("lab:release({changed, den}).", 1);
  const int status = upgrade.ends();
  const std::string said = lab.neutral(read_file(lab.output()));
  INFO(said);
  CHECK(status == broken);
  CHECK(said.find("  left: the other nodes have changed, this one has not\n") != std::string::npos);
  CHECK(said.find("  remark: den: had ended and is started again") != std::string::npos);
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  CHECK(lab.condition("den") == "old");
}
