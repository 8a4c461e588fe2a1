// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "kin.hpp"

// Tests processes that were stopped or killed and that the rollback starts again: they get their old state,
// and what is lost is reported.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A process with its own table.
LabRelease attic(const std::string& vsn) {
  return {"attic",
          vsn,
          {{"attic_app", "app"},
           {"attic_sup", "tree", child_specs({"attic_keeper"})},
           {"attic_keeper", "keeper"}}};
}

/// Version 1.0.0 runs, and the table has a row.
void open_attic(Lab& lab, LabRelease later = attic("2.0.0")) {
  lab.add(attic("1.0.0"));
  lab.add(later);
  REQUIRE(lab.start("attic", "1.0.0").exit == 0);
  lab.ask("ets:insert(attic_keeper_table, {kept, 1}), lab:mark().");
}

const std::string its_table = "because table attic_keeper_table died with it\n";

}  // namespace

TEST_CASE("a process whose code_change never returns is started again with its old state") {
  const std::string kind = GENERATE(from_range(kinds));
  CAPTURE(kind);
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    start_kin(lab, one_by_one);
    fails(lab, "{code_change, kin_" + kind + "}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.out == "");
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(ran.err.find("did not return in time\n") != std::string::npos);
  // Only that process is a new one.
  CHECK(lab.ask("[{S, [N || {N, _} <- A], [N || {N, _} <- B]} || {S, A, B} <- lab:diff()].") ==
        "[{pids,[kin_" + kind + "],[kin_" + kind + "]}]");
  check_rolled_back(lab, "lab:diff_but_pids().");
}

TEST_CASE("missing parts of a process that is started again are reported") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    start_kin(lab, "");
    lab.ask("ok = gen_event:add_handler(kin_event, {kin_event, three}, three), lab:mark().");
    fails(lab, "{code_change, kin_event}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(
      ran.err.find(
          "  left: kin_event: was started again, because its code_change did not return, but not with all of "
          "its state\n") != std::string::npos);
  CHECK(lab.ask("gen_event:which_handlers(kin_event).") == "[{kin_event,two},{kin_event,one}]");
  CHECK(kin_condition(lab) == "old");
}

TEST_CASE("several code_changes that never return are rolled back") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    start_kin(lab, "");
    for (const std::string& kind : kinds)
      fails(lab, "{code_change, kin_" + kind + "}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  check_rolled_back(lab, "lab:diff_but_pids().");
}

TEST_CASE("a process that the appup stops too late runs again") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    LabRelease one{"kin",
                   "1.0.0",
                   {{"kin_app", "app"},
                    {"kin_sup", "sup",
                     "[{kin_slow, {kin_slow, start_link, []}, permanent, infinity, worker, [kin_slow]}]"},
                    {"kin_slow", "parting"}}};
    LabRelease two = one;
    two.vsn = "2.0.0";
    two.appup =
        "{\"2.0.0\", [{\"1.0.0\", [{load_object_code, {kin, \"2.0.0\", [kin_slow]}}, point_of_no_return,"
        " {stop, [kin_slow]}, {load, {kin_slow, brutal_purge, brutal_purge}}, {start, [kin_slow]}]}], []}.";
    lab.add(one);
    lab.add(two);
    REQUIRE(lab.start("kin", "1.0.0").exit == 0);
    lab.ask("lab:mark().");
    const std::vector<std::string> limit = lab.limit(seconds);
    // The plan gets three quarters of the time.
    const int ms = static_cast<int>(std::stod(limit.at(1)) * 850);
    lab.ask("lab:on({terminate, kin_slow}, {sleep, " + std::to_string(ms) + "}, 1).");
    return lab.upgrade("kin", "1.0.0", "2.0.0", limit);
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with(
      "erlrc-upgrade: NODE: rolled_back: kin_slow: stop: not done within the time limit\n"));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  CHECK(lab.condition("kin") == "old");
}

TEST_CASE("a code_change that ends after its time limit loses nothing") {
  Lab lab;
  open_attic(lab);
  fails(lab, "{code_change, attic_keeper}", "{sleep, 5500}");
  const Ran ran = lab.upgrade("attic", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("ets:tab2list(attic_keeper_table).") == "[{kept,1}]");
  CHECK(lab.condition("attic") == "old");
}

TEST_CASE("resources lost with a process that is started again are reported") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    open_attic(lab);
    lab.ask(
        "sys:replace_state(attic_keeper, fun(State) ->"
        "  register(attic_helper, spawn_link(timer, sleep, [infinity])), State end).");
    fails(lab, "{code_change, attic_keeper}", "hang");
    return lab.upgrade("attic", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find(
            "  left: attic_keeper: was started afresh, because its code_change did not return; its "
            "state is not put back, because table attic_keeper_table, process attic_helper died with it\n") !=
        std::string::npos);
  CHECK(lab.ask("ets:tab2list(attic_keeper_table).") == "[]");
  CHECK(lab.condition("attic") == "old");
}

TEST_CASE("a table lost with a process that the appup stops is reported if a later step fails") {
  Lab lab;
  LabRelease later = attic("2.0.0");
  later.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{load_object_code, {attic, \"2.0.0\", [attic_keeper]}}, point_of_no_return,"
      " {stop, [attic_keeper]}, {load, {attic_keeper, brutal_purge, brutal_purge}}, {start, [attic_keeper]},"
      " {apply, {erlang, error, [late]}}]}], []}.";
  open_attic(lab, later);
  const Ran ran = lab.upgrade("attic", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find("  left: attic_keeper: was stopped and started afresh; its state is not put back, " +
                     its_table) != std::string::npos);
  CHECK(lab.condition("attic") == "old");
}

TEST_CASE("a table lost with a child that the new version lacks is reported if a later step fails") {
  Lab lab;
  LabRelease one = attic("1.0.0");
  LabRelease two = {
      "attic",
      "2.0.0",
      {{"attic_app", "app"}, {"attic_sup", "tree", child_specs({"attic_new"})}, {"attic_new", "server"}}};
  const std::string includes = ", {included_applications, [sub]}";
  one.keys = includes;
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  lab.add(one);
  lab.add(two);
  REQUIRE(lab.start("attic", "1.0.0").exit == 0);
  lab.ask("sub_app:module_info(), ets:insert(attic_keeper_table, {kept, 1}), lab:on({start, sub}, crash).");
  const Ran ran = lab.upgrade("attic", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(
      ran.err.find("  left: child attic_keeper: was stopped and started afresh; its state is not put back, " +
                   its_table) != std::string::npos);
  CHECK(lab.condition("attic") == "old");
}
