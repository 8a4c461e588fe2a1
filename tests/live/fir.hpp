// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "catch.hpp"
#include "lab.hpp"

// The application fir, which has a tree of supervisors, for the tests of their children.

namespace erlrc::test {

/// An application whose top supervisor, of that `kind`, has these servers and the supervisor fir_low, which
/// has those in `low`.
inline LabRelease fir(const std::string& vsn, const std::vector<std::string>& top,
                      const std::vector<std::string>& low, const std::string& kind = "tree") {
  const std::string specs = child_specs(top);
  const std::string inner = child_specs({"fir_low"}, "supervisor");
  LabRelease made{
      "fir",
      vsn,
      {{"fir_app", "app"}, {"fir_sup", kind, specs + " ++ " + inner}, {"fir_low", "tree", child_specs(low)}}};
  for (const std::vector<std::string>* names : {&top, &low})
    for (const std::string& name : *names)
      made.modules.push_back({name, "server"});
  return made;
}

/// {Supervisor, [{Id, state of the child}]} for each, in start order.
inline std::string trees(Lab& lab, const std::string& supervisors = "[fir_sup, fir_low]") {
  return lab.ask(
      "[{S, [{Id, case P of undefined -> none; _ -> lab:status(P) end} || {Id, P, _, _} <-"
      " lists:reverse(supervisor:which_children(S))]} || S <- " +
      supervisors + "].");
}

/// Starts version 1.0.0.
inline void start_fir(Lab& lab) {
  REQUIRE(lab.start("fir", "1.0.0").exit == 0);
  lab.ask("lab:mark(), ets:delete_all_objects(lab_calls).");
}

}  // namespace erlrc::test
