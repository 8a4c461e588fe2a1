// SPDX-License-Identifier: BSD-3-Clause
#include "kin.hpp"

#include "catch.hpp"

namespace erlrc::test {

const std::vector<std::string> kinds{"server", "statem", "event", "special"};

const std::string one_by_one = R"({"2.0.0",
  [{"1.0.0", [{add_module, kin_new}, {load_module, kin_lib}, {update, kin_first, {advanced, []}},
              {update, kin_server, {advanced, []}}, {update, kin_statem, {advanced, []}},
              {update, kin_special, {advanced, []}}, {update, kin_event, {advanced, []}},
              {update, kin_sup, supervisor}, {load_module, kin_loads}, {apply, {kin_app, changed, [up]}},
              {delete_module, kin_gone}]}],
  [{"1.0.0", [{add_module, kin_gone}, {apply, {kin_app, changed, [down]}}, {load_module, kin_loads},
              {update, kin_sup, supervisor}, {update, kin_event, {advanced, []}},
              {update, kin_special, {advanced, []}}, {update, kin_statem, {advanced, []}},
              {update, kin_server, {advanced, []}}, {update, kin_first, {advanced, []}},
              {load_module, kin_lib}, {delete_module, kin_new}]}]}.)";

namespace {

/// A server, followed by one process of each kind.
LabRelease kin(const std::string& vsn) {
  LabRelease made{"kin", vsn, {{"kin_app", "app"}, {"kin_sup", "sup"}, {"kin_first", "server"}}};
  std::string children = child_specs({"kin_first", "kin_server", "kin_statem", "kin_special"});
  children.pop_back();
  made.modules[1].children =
      children + ", {kin_event, {kin_event, start_link, []}, permanent, 2000, worker, dynamic}]";
  for (const std::string& kind : kinds)
    made.modules.push_back({"kin_" + kind, kind});
  made.modules.push_back({"kin_lib", "plain"});
  made.modules.push_back({"kin_loads", "loads"});
  made.modules.push_back({vsn == "1.0.0" ? "kin_gone" : "kin_new", "plain"});
  return made;
}

}  // namespace

void start_kin(Lab& lab, const std::string& appup, const std::string& running) {
  lab.add(kin("1.0.0"));
  LabRelease later = kin("2.0.0");
  later.appup = appup;
  lab.add(later);
  REQUIRE(lab.start("kin", running).exit == 0);
  // Calls recorded in the states, and settings at run time.
  lab.ask(
      "gen_server:call(kin_first, vsn), gen_server:call(kin_server, vsn),"
      " application:set_env(kin, at_run_time, 1), lab:mark().");
}

void fails(Lab& lab, const std::string& callback, const std::string& how) {
  REQUIRE(lab.ask("lab:on(" + callback + ", " + how + ").") == "ok");
}

std::string kin_condition(Lab& lab) {
  lab.ask("application:unset_env(kin, at_run_time).");
  return lab.condition("kin");
}

void check_rolled_back(Lab& lab, const std::string& diff) {
  CHECK(lab.ask(diff) == "[]");
  lab.ask("ets:delete_all_objects(lab_acts).");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0").exit == 0);
  CHECK(kin_condition(lab) == "new");
}

}  // namespace erlrc::test
