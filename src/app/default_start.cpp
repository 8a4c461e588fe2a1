// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/default_start.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <erlrc/base/graph.hpp>

namespace erlrc {
namespace {

using Names = std::set<std::string>;

/// As hello_example or test_of_hello are.
bool is_named_as_example(const std::string& name) {
  constexpr std::string_view words[] = {"example", "examples", "demo", "demos", "test", "tests"};
  const std::string inner = "_" + name + "_";
  return std::ranges::any_of(words, [&](std::string_view word) {
    return inner.find("_" + std::string(word) + "_") != std::string::npos;
  });
}

/// What each application needs of the same package.
Dependencies needs_within(const std::vector<AppSpec>& specs) {
  Dependencies needs;
  for (const AppSpec& spec : specs)
    needs[spec.name.name];
  for (const AppSpec& spec : specs)
    for (const auto* list : {&spec.applications, &spec.included_applications})
      for (const Atom& app : *list)
        if (needs.contains(app.name)) needs[spec.name.name].insert(app.name);
  return needs;
}

/// The names, and all that they need, directly or through others.
Names with_needs(const Names& names, const Dependencies& needs) {
  Names all = names;
  std::vector<std::string> to_visit(names.begin(), names.end());
  while (!to_visit.empty()) {
    const std::string name = std::move(to_visit.back());
    to_visit.pop_back();
    for (const std::string& need : needs.at(name))
      if (all.insert(need).second) to_visit.push_back(need);
  }
  return all;
}

/// Whether an application outside of the group needs one of its members.
bool is_needed(const Names& group, const Dependencies& needs) {
  return std::ranges::any_of(needs, [&](const auto& one) {
    return !group.contains(one.first) &&
           std::ranges::any_of(one.second, [&](const std::string& name) { return group.contains(name); });
  });
}

/// The applications that no other one needs. Those that need each other are one group.
std::vector<Names> topmost(const Dependencies& needs) {
  std::vector<Names> found;
  for (const auto& group : ordered_groups(needs))
    if (const Names names(group.begin(), group.end()); !is_needed(names, needs)) found.push_back(names);
  return found;
}

Names common(const std::vector<Names>& sets) {
  Names all = sets.front();
  for (const Names& one : sets)
    std::erase_if(all, [&](const std::string& name) { return !one.contains(name); });
  return all;
}

/// `all` without those to which `is_minor` applies, if others are left.
template <typename T, typename Predicate>
std::vector<T> majors(std::vector<T> all, Predicate is_minor) {
  if (!std::ranges::all_of(all, is_minor)) std::erase_if(all, is_minor);
  return all;
}

}  // namespace

std::set<std::string> start_by_default(const std::vector<AppSpec>& specs) {
  if (specs.empty()) return {};
  const Dependencies needs = needs_within(specs);
  const auto counted = majors(specs, [](const AppSpec& spec) { return is_named_as_example(spec.name.name); });
  Names libraries;
  for (const AppSpec& spec : counted)
    if (!spec.mod && needs.at(spec.name.name).empty()) libraries.insert(spec.name.name);
  const auto is_library = [&](const Names& group) { return libraries.contains(*group.begin()); };

  const std::vector<Names> tops = majors(topmost(needs_within(counted)), is_library);
  std::vector<Names> started;
  for (const Names& top : tops)
    started.push_back(with_needs(top, needs));
  if (!std::ranges::all_of(tops, is_library)) return common(started);
  Names all;  // no processes: nothing runs by accident
  for (const Names& one : started)
    all.insert(one.begin(), one.end());
  return all;
}

}  // namespace erlrc
