// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/node_state.hpp>

#include <algorithm>

namespace erlrc {
namespace {

bool includes(const NodeState& node, const Atom& outer, const Atom& inner) {
  const auto found = node.loaded.find(outer);
  return found != node.loaded.end() && std::ranges::any_of(found->second.included, [&](const Atom& app) {
           return app == inner || includes(node, app, inner);
         });
}

}  // namespace

bool runs(const NodeState& node, const Atom& app) {
  return node.running.contains(app);
}

std::optional<Atom> included_by(const NodeState& node, const Atom& app) {
  for (const auto& [outer, type] : node.running)
    if (includes(node, outer, app)) return outer;
  return std::nullopt;
}

std::optional<std::string> loaded_vsn(const NodeState& node, const Atom& app) {
  const auto found = node.loaded.find(app);
  if (found == node.loaded.end()) return std::nullopt;
  return found->second.vsn;
}

}  // namespace erlrc
