// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "planning.hpp"

// Versions 4.0.1 and 4.1.0 of egerl as values, and the plans of its upgrades.

namespace erlrc::test {

inline const Atom egerl{"egerl"};
inline const Atom inner{"inner"};
inline const Atom srv{"egerl_srv"};
inline const Atom lib{"egerl_lib"};
inline const Request::Change up{Direction::up, {"4.0.1", {}}, {"4.1.0", {}}};
inline const Request::Change down{Direction::down, {"4.1.0", {}}, {"4.0.1", {}}};

inline const std::string ebin1 = "/lib/egerl-4.0.1/ebin";
inline const std::string ebin2 = "/lib/egerl-4.1.0/ebin";

inline Module server(const std::string& how) {
  return module("egerl_srv").behaving("gen_server").exporting("code_change/3").differing(how);
}

inline AppFiles earlier() {
  AppFiles made = files("4.0.1", {server("one"), module("egerl_lib").differing("one")});
  made.spec.term = Atom{"earlier"};
  return made;
}

inline AppFiles later() {
  AppFiles made = files("4.1.0", {server("two"), module("egerl_lib").differing("two")});
  made.spec.term = Atom{"later"};
  return made;
}

inline Appup shipped(const std::string& up_instructions) {
  const Term term = parse_term("[" + up_instructions + "]");
  const auto& instructions = std::get<List>(term.value).elements;
  return {"4.1.0", {{{"4\\.0\\..*", true}, instructions}}, {{{"4\\.0\\..*", true}, instructions}}};
}

inline NodeState running(const std::string& vsn = "4.0.1") {
  NodeState node;
  return run(node, "egerl", vsn);
}

inline Decision plan_upgrade(const Request::Change& change, const NodeState& node, const Files& files,
                             const Desired& desired) {
  return erlrc::plan_upgrade(egerl, change, node, files, desired);
}

/// The check that these modules are those of later().
inline CheckLoaded loaded(const std::vector<Atom>& modules) {
  CheckLoaded check;
  const AppFiles files = later();
  for (const Atom& module : modules)
    check.modules.push_back({module, to_bytes(files.beams.at(module).md5)});
  return check;
}

}  // namespace erlrc::test
