// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "kin.hpp"

// Tests that each application runs as before, by itself or included, after an upgrade, a start or a stop that
// fails.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("a failed start of an application that is no longer included is rolled back") {
  const std::string how = GENERATE("crash", "{answer, {error, no}}");
  Lab lab;
  LabRelease with = {
      "top", "1.0.0", {{"top_app", "app"}, {"top_sup", "sup"}}, ", {included_applications, [sub]}"};
  LabRelease without = {"top", "2.0.0", {{"top_app", "app"}, {"top_sup", "sup"}}};
  lab.add(with);
  lab.add(without);
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  lab.start("top", "1.0.0");
  lab.ask("sub_app:module_info(), lab:mark().");
  fails(lab, "{start, sub}", how);
  const Ran ran = lab.upgrade("top", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: sub: start: "));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a newly included application that was stopped runs again if a later step fails") {
  Lab lab;
  lab.add(servers("top", "1.0.0", {"top_a"}));
  lab.add(servers("top", "2.0.0", {"top_a"}, ", {included_applications, [sub]}"));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.start("top", "1.0.0");
  lab.start("sub", "1.0.0");
  lab.ask("lab:mark().");
  fails(lab, "{code_change, top_a}", "crash");
  CHECK(lab.upgrade("top", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("included applications that were stopped for a start run again if it fails") {
  const std::string how = GENERATE("crash", "exit", "{answer, {error, no}}", "{answer, garbage}");
  CAPTURE(how);
  Lab lab;
  lab.add(servers("top", "1.0.0", {"top_a"}, ", {included_applications, [sub]}"));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.start("sub", "1.0.0");
  lab.ask("lab:mark().");
  fails(lab, "{start, top}", how);
  const Ran ran = lab.start("top", "1.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-start: NODE: rolled_back: top: start: "));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("a start that never ends is rolled back") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    lab.add(servers("top", "1.0.0", {"top_a"}, ", {included_applications, [sub]}"));
    lab.add(servers("sub", "1.0.0", {"sub_a"}));
    lab.start("sub", "1.0.0");
    lab.ask("lab:mark().");
    fails(lab, "{start, top}", "hang");
    return lab.start("top", "1.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  CHECK(ran == Ran{1, "",
                   "erlrc-start: NODE: rolled_back: top: start: not done within the time limit\n"
                   "  remark: sub: was stopped and is started again; what its processes knew is lost\n"});
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("the including application runs again if an included one does not start after the stop") {
  Lab lab;
  lab.add(servers("top", "1.0.0", {"top_a"}, ", {included_applications, [sub]}"));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  lab.start("top", "1.0.0");
  lab.ask("sub_app:module_info(), application:set_env(top, at_run_time, 1), lab:mark().");
  fails(lab, "{start, sub}", "{answer, {error, no}}");
  const Ran ran = lab.stop("top", "1.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-stop: NODE: rolled_back: sub: start: "));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}
