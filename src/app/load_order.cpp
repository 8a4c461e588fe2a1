// SPDX-License-Identifier: BSD-3-Clause
#include "load_order.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace erlrc {
namespace {

std::vector<FunctionName> sorted_exports(const Beam& beam) {
  std::vector<FunctionName> names = beam.exports;
  std::ranges::sort(names);
  return names;
}

// Finds, for the modules of one version, calls of functions that the other version of the called module does
// not export.
class OneSidedCalls {
public:
  OneSidedCalls(const AppFiles& version, const AppFiles& other, const std::vector<Atom>& changed)
      : version_(version), other_(other) {
    for (const Atom& module : changed) {
      auto here = sorted_exports(version.beams.at(module));
      auto there = sorted_exports(other.beams.at(module));
      std::vector<FunctionName> only_here;
      std::ranges::set_difference(here, there, std::back_inserter(only_here));
      only_here_.emplace(module.name, std::move(only_here));
    }
  }

  // The changed modules with a function that `module` calls and that only this version exports.
  std::set<std::string> called_by(const Atom& module) const {
    std::set<std::string> called;
    std::set<std::string_view> seen{module.name};
    collect(version_.beams.at(module), called, seen);
    called.erase(module.name);
    return called;
  }

private:
  void collect(const Beam& caller, std::set<std::string>& called, std::set<std::string_view>& seen) const {
    for (const auto& [module, function] : caller.imports) {
      if (auto found = only_here_.find(module.name); found != only_here_.end()) {
        if (std::ranges::binary_search(found->second, function)) called.insert(module.name);
      } else if (const Beam* between = only_in_this_version(module);
                 between && seen.insert(module.name).second) {
        collect(*between, called, seen);
      }
    }
  }

  const Beam* only_in_this_version(const Atom& module) const {
    auto found = version_.beams.find(module);
    return found != version_.beams.end() && !other_.beams.contains(module) ? &found->second : nullptr;
  }

  const AppFiles& version_;
  const AppFiles& other_;
  std::unordered_map<std::string_view, std::vector<FunctionName>> only_here_;
};

Dependencies restricted(const Dependencies& graph, const std::vector<std::string>& names) {
  Dependencies part;
  for (const std::string& name : names) {
    auto found = graph.find(name);
    part.emplace(name, found == graph.end() ? std::set<std::string>{} : found->second);
  }
  return part;
}

}  // namespace

Dependencies interface_dependencies(const AppFiles& earlier, const AppFiles& later,
                                    const std::vector<Atom>& changed) {
  OneSidedCalls gained(later, earlier, changed);
  OneSidedCalls lost(earlier, later, changed);
  Dependencies depends;
  for (const Atom& caller : changed) {
    for (const std::string& called : gained.called_by(caller))
      depends[caller.name].insert(called);
    for (const std::string& called : lost.called_by(caller))
      depends[called].insert(caller.name);
  }
  return depends;
}

std::vector<Atom> load_order(const AppFiles& later, const std::vector<Atom>& changed,
                             const Dependencies& interfaces) {
  std::vector<std::string> names;
  names.reserve(changed.size());
  for (const Atom& module : changed)
    names.push_back(module.name);
  Dependencies all = restricted(interfaces, names);
  for (const Atom& module : changed)
    for (const ImportedFunction& call : later.beams.at(module).imports)
      if (all.contains(call.module.name)) all[module.name].insert(call.module.name);
  std::vector<Atom> order;
  for (const auto& group : ordered_groups(all))
    for (const auto& part : ordered_groups(restricted(interfaces, group)))
      for (const std::string& name : part)
        order.push_back(Atom{name});
  return order;
}

}  // namespace erlrc
