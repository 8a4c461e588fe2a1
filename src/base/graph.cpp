// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/graph.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string_view>
#include <utility>

namespace erlrc {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// The graph by number: nodes in the order of their names, edges to the nodes that a node needs.
struct Numbered {
  explicit Numbered(const Dependencies& graph) {
    std::map<std::string_view, std::size_t> numbers;
    for (const auto& [name, needs] : graph) {
      numbers.emplace(name, names.size());
      names.push_back(name);
    }
    for (const auto& [name, needs] : graph) {
      auto& edges = needed.emplace_back();
      for (const std::string& need : needs)
        if (auto found = numbers.find(need); found != numbers.end()) edges.push_back(found->second);
    }
  }

  std::vector<std::string> names;
  std::vector<std::vector<std::size_t>> needed;
};

// Tarjan's strongly connected components, with a stack of its own: the input decides how deep a graph is.
class Components {
public:
  explicit Components(const Numbered& graph)
      : group_of(graph.names.size(), kNone), graph_(graph), index_(graph.names.size(), kNone), low_(index_) {
    for (std::size_t node = 0; node < graph.names.size(); ++node)
      if (index_[node] == kNone) visit(node);
  }

  std::vector<std::size_t> group_of;
  std::vector<std::vector<std::size_t>> groups;

private:
  struct Call {
    std::size_t node;
    std::size_t next_edge = 0;
  };

  void enter(std::size_t node) {
    index_[node] = low_[node] = counter_++;
    open_.push_back(node);
    calls_.push_back({node});
  }

  void visit(std::size_t root) {
    enter(root);
    while (!calls_.empty()) {
      Call& call = calls_.back();
      const std::size_t node = call.node;
      if (call.next_edge < graph_.needed[node].size()) {
        const std::size_t other = graph_.needed[node][call.next_edge++];
        if (index_[other] == kNone)
          enter(other);
        else if (group_of[other] == kNone)
          low_[node] = std::min(low_[node], index_[other]);
        continue;
      }
      calls_.pop_back();
      if (!calls_.empty()) low_[calls_.back().node] = std::min(low_[calls_.back().node], low_[node]);
      if (low_[node] == index_[node]) close_group(node);
    }
  }

  void close_group(std::size_t root) {
    std::vector<std::size_t> members;
    do {
      members.push_back(open_.back());
      group_of[open_.back()] = groups.size();
      open_.pop_back();
    } while (members.back() != root);
    std::ranges::sort(members);
    groups.push_back(std::move(members));
  }

  const Numbered& graph_;
  std::vector<std::size_t> index_;
  std::vector<std::size_t> low_;
  std::vector<std::size_t> open_;
  std::vector<Call> calls_;
  std::size_t counter_ = 0;
};

}  // namespace

std::vector<std::vector<std::string>> ordered_groups(const Dependencies& graph) {
  const Numbered numbered(graph);
  const Components components(numbered);
  const auto& groups = components.groups;

  std::vector<std::set<std::size_t>> needed(groups.size());
  std::vector<std::vector<std::size_t>> needed_by(groups.size());
  for (std::size_t node = 0; node < numbered.names.size(); ++node)
    for (std::size_t need : numbered.needed[node]) {
      const std::size_t from = components.group_of[node];
      const std::size_t to = components.group_of[need];
      if (from != to && needed[from].insert(to).second) needed_by[to].push_back(from);
    }

  // The next group is always the one with the first name among those whose needs are met. Numbers are in the
  // order of names.
  std::set<std::pair<std::size_t, std::size_t>> ready;
  std::vector<std::size_t> missing(groups.size());
  for (std::size_t group = 0; group < groups.size(); ++group) {
    missing[group] = needed[group].size();
    if (missing[group] == 0) ready.emplace(groups[group].front(), group);
  }
  std::vector<std::vector<std::string>> ordered;
  while (!ready.empty()) {
    const std::size_t group = ready.extract(ready.begin()).value().second;
    auto& names = ordered.emplace_back();
    for (std::size_t node : groups[group])
      names.push_back(numbered.names[node]);
    for (std::size_t other : needed_by[group])
      if (--missing[other] == 0) ready.emplace(groups[other].front(), other);
  }
  return ordered;
}

std::vector<std::string> cycle_in(const Dependencies& graph, const std::vector<std::string>& group) {
  if (group.empty()) return {};
  // The shortest path from the first name to itself, breadth first.
  const std::set<std::string> members(group.begin(), group.end());
  const std::string& first = *members.begin();
  std::map<std::string, std::string> came_from;
  std::deque<std::string> reached{first};
  while (!reached.empty()) {
    const std::string name = std::move(reached.front());
    reached.pop_front();
    const auto found = graph.find(name);
    if (found == graph.end()) continue;
    for (const std::string& need : found->second) {
      if (!members.contains(need) || !came_from.emplace(need, name).second) continue;
      if (need != first) {
        reached.push_back(need);
        continue;
      }
      std::vector<std::string> cycle{first};
      for (std::string at = name; at != first; at = came_from.at(at))
        cycle.push_back(at);
      std::reverse(cycle.begin() + 1, cycle.end());
      return cycle;
    }
  }
  return {};
}

}  // namespace erlrc
