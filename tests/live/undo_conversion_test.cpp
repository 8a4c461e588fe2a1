// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "kin.hpp"

// Tests that the node is as before after a conversion that fails, of a process or of a supervisor
// (lab:snapshot/0).

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("after a failed code_change every process has its old state and keeps running") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string kind = GENERATE(from_range(kinds));
  const std::string how = GENERATE("crash", "exit", "throw", "{answer, {error, no}}", "{answer, garbage}",
                                   "{answer, {ok}}", "{answer, ok}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(kind, how);
  Lab lab;
  start_kin(lab, appup);
  fails(lab, "{code_change, kin_" + kind + "}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.out == "");
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(ran.err.find(" kin_" + kind + " ") != std::string::npos);
  CHECK(ran.err.find("\n") == ran.err.size() - 1);
  check_rolled_back(lab);
}

TEST_CASE("a failed code_change of a downgrade is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string kind = GENERATE(from_range(kinds));
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(kind);
  Lab lab;
  start_kin(lab, appup, "2.0.0");
  fails(lab, "{code_change, kin_" + kind + "}", "crash");
  const Ran ran = lab.downgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-downgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("ets:delete_all_objects(lab_acts).");
  CHECK(lab.downgrade("kin", "1.0.0", "2.0.0").exit == 0);
  CHECK(kin_condition(lab) == "old");
}

TEST_CASE("a supervisor whose new init fails is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string how = GENERATE("crash", "exit", "{answer, garbage}", "{answer, {ok, {#{}, [bad]}}}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(how);
  Lab lab;
  start_kin(lab, appup);
  fails(lab, "{init, kin_sup}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  check_rolled_back(lab);
}

TEST_CASE("a supervisor whose new init never returns is not killed and gets its old state later") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    start_kin(lab, "");
    fails(lab, "{init, kin_sup}", "{wait, ok}");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: broken: code_change failed: <0."));
  CHECK(ran.err.find("kin_sup in timer:sleep/1: its code_change has not returned; when it does, it continues "
                     "as before\n") != std::string::npos);
  CHECK(lab.ask("lab:release({init, kin_sup}), lab:status(kin_sup), lab:diff_at_last().") == "[]");
  check_rolled_back(lab);
}

TEST_CASE("an event handler that was added twice gets its old state, or is named") {
  const bool alike = GENERATE(true, false);
  CAPTURE(alike);
  Lab lab;
  start_kin(lab, one_by_one);
  lab.ask("[ok = gen_event:add_handler(kin_event, kin_event, Id) || Id <- [twin, " +
          std::string(alike ? "twin" : "other") + "]], lab:mark().");
  fails(lab, "{changed, kin}", "crash");
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (alike ? 1 : 3));
  if (alike)
    CHECK(lab.ask("lab:diff().") == "[]");
  else
    CHECK(ran.err.find(" kin_event in sys:suspend_loop/6: its state could not be put back as a whole\n") !=
          std::string::npos);
}
