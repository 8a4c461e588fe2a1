// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/boot.hpp>

#include <algorithm>
#include <utility>

#include <erlrc/app/app_override.hpp>
#include <erlrc/base/graph.hpp>

#include "boot_impl.hpp"
#include "start_impl.hpp"

// Everything is decided in one graph whose nodes are the members. An application needs what it depends on,
// and what it includes: so it comes after all that those depend on, and a cycle through an included
// application is a cycle of the graph. Only members that no other one includes are started.

namespace erlrc {
namespace {

class Order {
public:
  Order(BootMembers members, const NodeState& node) : members_(std::move(members)), node_(node) {
    forget_cyclic_inclusions();
    report_duplicates();
    for (auto& [app, member] : members_.all)
      connect(app, member);
    for (const BootProblem& problem : members_.problems)
      for (const Atom& app : concerned(problem))
        blamed_[app] = {app};
    for (const auto& group : ordered_groups(graph_))
      decide(group);
  }

  BootPlan plan(const DesiredBoot& desired) && {
    BootPlan plan;
    for (const Atom& app : starts_)
      plan.starts.push_back(start(app, desired));
    plan.problems = std::move(members_.problems);
    return plan;
  }

private:
  bool is_member(const Atom& app) const { return members_.all.contains(app); }

  /// The application that includes it; where there are several, which is a problem, the first.
  const Atom* includer(const Atom& app) const {
    const auto found = members_.includers.find(app);
    return found == members_.includers.end() || found->second.empty() ? nullptr : &*found->second.begin();
  }

  /// The application that is started for it: itself, or the outermost one that includes it.
  Atom outermost(Atom app) const {
    while (const Atom* outer = includer(app))
      app = *outer;
    return app;
  }

  /// Applications that include each other have no outermost one. The graph will show that they are a cycle.
  void forget_cyclic_inclusions() {
    Dependencies inclusions;
    for (const auto& [inner, outers] : members_.includers)
      for (const Atom& outer : outers) {
        inclusions[outer.name].insert(inner.name);
        inclusions[inner.name];
      }
    for (const auto& group : ordered_groups(inclusions))
      for (const std::string& name : group)
        if (group.size() > 1 || inclusions[name].contains(name)) members_.includers.erase(Atom{name});
  }

  void report_duplicates() {
    for (const auto& [inner, outers] : members_.includers)
      if (outers.size() > 1)
        members_.problems.push_back(DuplicateIncluded{inner, *outers.begin(), *std::next(outers.begin())});
  }

  void connect(const Atom& app, BootMember& member) {
    auto& needs = graph_[app.name];
    for (const Atom& inner : member.included)
      if (is_member(inner)) needs.insert(inner.name);
    const Atom own = outermost(app);
    for (const Atom& dependency : std::vector<Atom>(member.applications)) {
      if (runs(node_, dependency)) continue;
      const Atom outer = outermost(dependency);
      if (outer != dependency && outer == own) {
        // An application starts what it includes in the right order itself.
        if (app == own) report_included(app, dependency);
        continue;
      }
      if (outer != dependency && app == own) {
        if (!member.files) {
          report_included(app, dependency);
          continue;
        }
        member.files->spec = depending_on(std::move(member.files->spec), dependency, outer);
      }
      if (is_member(outer)) needs.insert(outer.name);
    }
  }

  void report_included(const Atom& app, const Atom& dependency) {
    members_.problems.push_back(DependencyIncluded{app, dependency, *includer(dependency)});
  }

  void decide(const std::vector<std::string>& group) {
    if (group.size() > 1 || graph_[group.front()].contains(group.front())) return report_cycle(group);
    const Atom app{group.front()};
    if (blamed_.contains(app)) return;
    std::set<Atom> blamed;
    for (const std::string& name : graph_[app.name])
      if (const auto found = blamed_.find(Atom{name}); found != blamed_.end()) {
        if (includer(found->first))
          blamed.insert(found->second.begin(), found->second.end());
        else
          blamed.insert(found->first);
      }
    const bool alone = !includer(app);
    if (blamed.empty() && alone) starts_.push_back(app);
    if (!blamed.empty() && alone)
      members_.problems.push_back(NotStarted{app, {blamed.begin(), blamed.end()}});
    if (!blamed.empty()) blamed_[app] = std::move(blamed);
  }

  void report_cycle(const std::vector<std::string>& group) {
    CircularDependency problem;
    for (const std::string& name : cycle_in(graph_, group))
      problem.cycle.push_back(Atom{name});
    members_.problems.push_back(std::move(problem));
    for (const std::string& name : group)
      blamed_[Atom{name}] = {Atom{name}};
  }

  /// What is started with `app`, the innermost first.
  void add_included(const Atom& app, std::vector<Atom>& included) const {
    for (const Atom& inner : members_.all.at(app).included) {
      if (!is_member(inner) || std::ranges::find(included, inner) != included.end()) continue;
      add_included(inner, included);
      included.push_back(inner);
    }
  }

  BootStart start(const Atom& app, const DesiredBoot& desired) const {
    const auto type = desired.types.find(app);
    BootStart made;
    made.app = app;
    made.vsn = members_.all.at(app).vsn;
    made.type = type != desired.types.end() ? type->second : Atom{"temporary"};
    add_included(app, made.included);
    std::vector<Atom> unit = made.included;
    unit.push_back(app);
    std::set<std::string> needs;
    for (const Atom& each : unit)
      needs.insert(graph_.at(each.name).begin(), graph_.at(each.name).end());
    for (const Atom& each : unit) {
      needs.erase(each.name);
      append_steps(each, made.steps);
      if (const auto& files = members_.all.at(each).files) made.ebins.push_back(files->location.in_path);
    }
    for (const std::string& name : needs)
      made.needs.push_back(Atom{name});
    made.steps.push_back(StartApp{app, made.type});
    return made;
  }

  void append_steps(const Atom& app, std::vector<Step>& steps) const {
    const BootMember& member = members_.all.at(app);
    if (member.files) steps.push_back(LoadApp{app, member.files->spec.term});
    steps.push_back(RequireLoaded{app, member.vsn});
    if (member.files && !member.files->beams.empty()) steps.push_back(all_modules(*member.files));
    for (const Atom& inner : member.included)  // a node must not run an application twice
      if (runs(node_, inner)) steps.push_back(StopApp{inner});
  }

  BootMembers members_;
  const NodeState& node_;
  Dependencies graph_;
  std::map<Atom, std::set<Atom>> blamed_;  ///< applications that are not started, and the causes
  std::vector<Atom> starts_;
};

}  // namespace

BootPlan plan_boot(const DesiredBoot& desired, const NodeState& node, const FindApp& find) {
  return Order(collect_members(desired, node, find), node).plan(desired);
}

Term to_term(const BootPlan& plan) {
  std::vector<Term> starts;
  for (const BootStart& start : plan.starts) {
    std::vector<Term> ebins, steps;
    for (const std::string& ebin : start.ebins)
      ebins.push_back(string(ebin));
    for (const Step& step : start.steps)
      steps.push_back(to_term(step));
    starts.push_back(Map{{{Atom{"app"}, start.app},
                          {Atom{"vsn"}, string(start.vsn)},
                          {Atom{"needs"}, atoms(start.needs)},
                          {Atom{"included"}, atoms(start.included)},
                          {Atom{"ebins"}, list(std::move(ebins))},
                          {Atom{"steps"}, list(std::move(steps))}}});
  }
  std::vector<Term> problems;
  for (const BootProblem& problem : plan.problems)
    problems.push_back(tuple(to_term(problem), binary(describe(problem))));
  return Map{{{Atom{"starts"}, list(std::move(starts))}, {Atom{"problems"}, list(std::move(problems))}}};
}

}  // namespace erlrc
