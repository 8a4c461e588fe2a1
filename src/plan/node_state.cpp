// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/node_state.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace erlrc {

std::vector<Atom> IncludedApps::add(const std::vector<Atom>& apps) {
  std::vector<Atom> added;
  std::vector<Atom> waiting(apps.rbegin(), apps.rend());  // the next one is the last
  while (!waiting.empty()) {
    const Atom app = std::move(waiting.back());
    waiting.pop_back();
    if (!found_.insert(app).second) continue;
    added.push_back(app);
    if (const auto loaded = node_.loaded.find(app); loaded != node_.loaded.end())
      std::copy(loaded->second.included.rbegin(), loaded->second.included.rend(),
                std::back_inserter(waiting));
  }
  return added;
}

std::vector<Atom> IncludedApps::add_those_of(const Atom& app) {
  const auto loaded = node_.loaded.find(app);
  return loaded == node_.loaded.end() ? std::vector<Atom>{} : add(loaded->second.included);
}

bool runs(const NodeState& node, const Atom& app) {
  return node.running.contains(app);
}

std::optional<Atom> included_by(const NodeState& node, const Atom& app) {
  IncludedApps included(node);
  for (const auto& [outer, type] : node.running) {
    included.add_those_of(outer);
    if (included.contains(app)) return outer;
  }
  return std::nullopt;
}

std::string_view without_marks(std::string_view mapped) {
  for (const std::string_view mark : {" (deleted)", ".dpkg-tmp"})
    if (mapped.ends_with(mark)) mapped.remove_suffix(mark.size());
  return mapped;
}

std::optional<std::string> loaded_vsn(const NodeState& node, const Atom& app) {
  const auto found = node.loaded.find(app);
  if (found == node.loaded.end()) return std::nullopt;
  return found->second.vsn;
}

}  // namespace erlrc
