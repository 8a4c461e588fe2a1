// SPDX-License-Identifier: BSD-3-Clause
#include "zoo.hpp"

#include "catch.hpp"

namespace erlrc::test {

LabRelease zoo(const std::string& vsn, const std::string& appup) {
  LabRelease made{"zoo", vsn, {{"zoo_app", "app"}, {"zoo_sup", "sup"}, {"zoo_inner", "sup"}}};
  std::string children = child_specs({"zoo_first", "zoo_server", "zoo_statem", "zoo_special"});
  children.pop_back();
  made.modules[1].children =
      children +
      ", {zoo_event, {zoo_event, start_link, []}, permanent, 2000, worker, dynamic},"
      " {zoo_inner, {zoo_inner, start_link, []}, transient, infinity, supervisor, [zoo_inner]},"
      " {zoo_pool, {zoo_pool, start_link, []}, permanent, infinity, supervisor, [zoo_pool]}]";
  made.modules[2].children = child_specs({"zoo_deep", "zoo_deeper"});
  made.modules.push_back(
      {"zoo_pool", "pool",
       "[{guest, {zoo_guest, start_link, [first]}, permanent, 2000, worker, [zoo_guest]}]"});
  for (const std::string name : {"first", "server", "deep", "deeper"})
    made.modules.push_back({"zoo_" + name, "server"});
  for (const std::string kind : {"statem", "special", "event", "guest", "loads", "same"})
    made.modules.push_back({"zoo_" + kind, kind});
  made.modules.push_back({"zoo_lib", "plain"});
  made.modules.push_back({vsn == "1.0.0" ? "zoo_gone" : "zoo_new", "plain"});
  made.env = vsn == "1.0.0" ? ", {only_old, 1}, {both, old}" : ", {only_new, 1}, {both, new}";
  made.appup = appup;
  return made;
}

LabRelease small_zoo(const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_a", "zoo_b"});
  made.modules.push_back({"zoo_lib", "plain"});
  made.modules.push_back({"zoo_same", "same"});
  made.modules.push_back({vsn == "1.0.0" ? "zoo_gone" : "zoo_new", "plain"});
  return made;
}

void start_keeper(Lab& lab, const std::string& kind, const std::string& appup) {
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_keep", "zoo_rec"});
    made.modules.back().kind = kind;
    if (vsn == "2.0.0" && !appup.empty())
      made.appup = "{\"2.0.0\", [{\"1.0.0\", " + appup + "}], [{\"1.0.0\", " + appup + "}]}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
}

}  // namespace erlrc::test
