// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>
#include <erlrc/base/graph.hpp>
#include <erlrc/term/text.hpp>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <unordered_set>
#include <utility>

#include "translate_impl.hpp"

namespace erlrc::script {
namespace {

// base/graph orders names; these names sort like the numbers.
std::string name_of(std::size_t number) {
  std::string digits = std::to_string(number);
  return std::string(20 - digits.size(), '0') + digits;
}

}  // namespace

const Atom& module_of(const ModuleChange& change) {
  return std::visit([](const auto& c) -> const Atom& { return c.module; }, change);
}

const std::vector<Atom>& dependencies_of(const ModuleChange& change) {
  return std::visit([](const auto& c) -> const std::vector<Atom>& { return c.depends_on; }, change);
}

ModuleChanges::ModuleChanges(std::vector<ModuleChange> changes) : all_(std::move(changes)) {
  std::unordered_map<Atom, std::size_t> numbers;
  for (const ModuleChange& change : all_)
    if (!numbers.emplace(module_of(change), numbers.size()).second)
      throw Error("module " + print_atom(module_of(change).name) +
                  ": found several instructions, expected one");
  depends_on_.resize(all_.size());
  for (std::size_t number = 0; number < all_.size(); ++number)
    for (const Atom& other : dependencies_of(all_[number])) {
      const auto found = numbers.find(other);
      if (found == numbers.end())
        throw Error("module " + print_atom(module_of(all_[number]).name) + ": depends on " +
                    print_atom(other.name) + ", for which there is no instruction");
      depends_on_[number].push_back(found->second);
    }
}

std::vector<std::vector<std::size_t>> ModuleChanges::components() const {
  // Union-find; the root of a group is its first member.
  std::vector<std::size_t> parent(all_.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&parent](std::size_t of) {
    while (parent[of] != of)
      of = parent[of] = parent[parent[of]];
    return of;
  };
  for (std::size_t number = 0; number < all_.size(); ++number)
    for (const std::size_t other : depends_on_[number]) {
      const auto [first, second] = std::minmax({root(number), root(other)});
      parent[second] = first;
    }
  std::map<std::size_t, std::vector<std::size_t>> groups;
  for (std::size_t number = 0; number < all_.size(); ++number)
    groups[root(number)].push_back(number);
  std::vector<std::vector<std::size_t>> components;
  components.reserve(groups.size());
  for (auto& [first, members] : groups)
    components.push_back(std::move(members));
  return components;
}

std::vector<std::size_t> ModuleChanges::dependents_first(const std::vector<std::size_t>& members) const {
  return ordered(members, true);
}

std::vector<std::size_t> ModuleChanges::dependencies_first(const std::vector<std::size_t>& members) const {
  return ordered(members, false);
}

std::vector<std::size_t> ModuleChanges::ordered(const std::vector<std::size_t>& members,
                                                bool dependents_first) const {
  Dependencies graph;
  for (const std::size_t member : members)
    graph[name_of(member)];
  for (const std::size_t member : members)
    for (const std::size_t other : depends_on_[member]) {
      const auto found = graph.find(name_of(other));
      if (found == graph.end()) continue;
      if (dependents_first)
        found->second.insert(name_of(member));
      else
        graph[name_of(member)].insert(found->first);
    }
  std::vector<std::size_t> order;
  order.reserve(members.size());
  for (const auto& group : ordered_groups(graph))
    for (const std::string& name : group)
      order.push_back(std::stoul(name));
  return order;
}

Owners::Owners(const std::vector<AppSpec>& apps) {
  for (const AppSpec& app : apps)
    for (const Atom& module : app.modules)
      owners_.emplace(module, &app);
}

LoadObjectCode Owners::object_code_of(const Atom& module) const {
  const auto found = owners_.find(module);
  if (found == owners_.end())
    throw Error("module " + print_atom(module.name) + ": not listed in the modules of the application");
  return {.app = found->second->name, .vsn = found->second->vsn, .modules = {module}};
}

std::vector<LoadObjectCode> merged(const std::vector<LoadObjectCode>& parts) {
  std::vector<LoadObjectCode> whole;
  std::unordered_map<Atom, std::size_t> place_of;
  std::vector<std::unordered_set<Atom>> present;
  for (const LoadObjectCode& part : parts) {
    const auto [found, is_new] = place_of.emplace(part.app, whole.size());
    if (is_new) {
      whole.push_back({part.app, part.vsn, {}});
      present.emplace_back();
    } else if (whole[found->second].vsn != part.vsn) {
      throw Error("load_object_code of " + print_atom(part.app.name) + ": found versions " +
                  whole[found->second].vsn + " and " + part.vsn + ", expected one");
    }
  }
  // As in systools_rc, a module that occurs several times is placed at its last occurrence, so this starts at
  // the end.
  std::vector<LoadObjectCode> from_last = parts;
  std::ranges::reverse(from_last);
  for (const LoadObjectCode& part : from_last) {
    const std::size_t place = place_of.at(part.app);
    std::vector<Atom> added;
    std::ranges::copy_if(part.modules, std::back_inserter(added),
                         [&](const Atom& module) { return !present[place].contains(module); });
    present[place].insert(added.begin(), added.end());
    std::ranges::reverse(added);
    std::ranges::move(added, std::back_inserter(whole[place].modules));
  }
  for (LoadObjectCode& one : whole)
    std::ranges::reverse(one.modules);
  return whole;
}

std::optional<Suspend> suspend_of(const std::vector<const ModuleChange*>& changes) {
  Suspend suspend;
  for (const ModuleChange* change : changes)
    if (const auto* update = std::get_if<Update>(change))
      suspend.items.push_back({update->module, update->limit});
  if (suspend.items.empty()) return std::nullopt;
  return suspend;
}

Resume resume_of(const Suspend& suspend) {
  Resume resume;
  std::ranges::transform(suspend.items, std::back_inserter(resume.modules), &Suspend::Item::module);
  std::ranges::reverse(resume.modules);
  return resume;
}

std::optional<Load> load_of(const ModuleChange& change) {
  return std::visit(Overload{[](const Update& c) -> std::optional<Load> {
                               return Load{c.module, c.pre_purge, c.post_purge};
                             },
                             [](const LoadModule& c) -> std::optional<Load> {
                               return Load{c.module, c.pre_purge, c.post_purge};
                             },
                             [](const DeleteModule&) -> std::optional<Load> { return std::nullopt; }},
                    change);
}

void append_removal(const DeleteModule& change, std::vector<LowLevel>& to) {
  to.emplace_back(Remove{.module = change.module});
  to.emplace_back(PurgeModules{{change.module}});
}

void append_code_change(Direction mode, std::vector<CodeChange::Item> items, std::vector<LowLevel>& to) {
  if (!items.empty()) to.emplace_back(CodeChange{mode, std::move(items)});
}

}  // namespace erlrc::script
