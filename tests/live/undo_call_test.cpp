// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "kin.hpp"

// Tests that the node is as before after a call that fails: of the appup, of a hook of the author, of
// config_change.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("a failed call of the appup or of a hook is rolled back") {
  const auto [appup, callback] =
      GENERATE(table<std::string, std::string>({{one_by_one, "{changed, kin}"},
                                                {"", "{sup_upgrade_notify, kin_sup}"},
                                                {"", "{version_change, kin}"}}));
  const std::string how = GENERATE("crash", "exit", "throw");
  CAPTURE(callback, how);
  Lab lab;
  start_kin(lab, appup);
  fails(lab, callback, how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: kin_"));
  check_rolled_back(lab);
}

TEST_CASE("a call of the appup that never returns is rolled back") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    start_kin(lab, one_by_one);
    fails(lab, "{changed, kin}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  CHECK(ran == Ran{1, "",
                   "erlrc-upgrade: NODE: rolled_back: kin_app:changed/1: not done within the time limit\n"
                   "  remark: kin_app:changed/1 was called, and nothing undoes what it did\n"});
  check_rolled_back(lab);
}

TEST_CASE("the counterpart of a hook is called if a later step fails") {
  Lab lab;
  start_kin(lab, "");
  fails(lab, "{version_change, kin}", "crash");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("[C || C <- lab:calls(), element(2, C) =:= kin_sup].") ==
        R"([{init,kin_sup,"2.0.0"},{sup_upgrade_notify,kin_sup,"1.0.0","2.0.0"},)"
        R"({sup_downgrade_notify,kin_sup,"1.0.0","2.0.0"}])");
  check_rolled_back(lab);
}

TEST_CASE("a failed config_change is rolled back") {
  const std::string how = GENERATE("crash", "exit", "throw", "{answer, garbage}");
  CAPTURE(how);
  Lab lab;
  start_kin(lab, "");
  fails(lab, "{config_change, kin}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: kin: config_change: "));
  check_rolled_back(lab);
}
