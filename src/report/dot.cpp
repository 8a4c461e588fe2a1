// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/report/dot.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <variant>

#include <erlrc/base/text.hpp>

namespace erlrc {
namespace {

std::string quoted(const std::string& text) {
  std::string made = "\"";
  for (const char c : one_line(text)) {
    if (c == '"' || c == '\\') made += '\\';
    made += c;
  }
  return made + '"';
}

std::string node(const Atom& app, const std::string& second_line, const std::string& more) {
  // The backslash in this \n is the only one that Graphviz is to interpret.
  std::string label = quoted(app.name);
  label.pop_back();
  return quoted(app.name) + " [label=" + label + "\\n" + quoted(second_line).substr(1) + more + "];\n";
}

/// Everything that must run before each application.
using Ancestors = std::map<Atom, std::set<Atom>>;

Ancestors ancestors(const BootPlan& plan) {
  Ancestors made;
  for (const BootStart& start : plan.starts)
    for (const Atom& need : start.needs) {
      auto& before = made[start.app];
      before.insert(need);
      const auto& further = made[need];
      before.insert(further.begin(), further.end());
    }
  return made;
}

std::string box(const BootStart& start) {
  if (start.included.empty()) return "  " + node(start.app, start.vsn, "");
  std::string text =
      "  subgraph " + quoted("cluster_" + start.app.name) + " {\n    " + node(start.app, start.vsn, "");
  for (const Atom& inner : start.included)
    text += "    " + node(inner, "included", ", style=dashed");
  return text + "  }\n";
}

std::string arrows(const BootStart& start, const Ancestors& before) {
  std::string text;
  for (const Atom& need : start.needs) {
    bool implied = false;
    for (const Atom& other : start.needs) {
      const auto found = before.find(other);
      implied = implied || (found != before.end() && found->second.contains(need));
    }
    if (!implied) text += "  " + quoted(need.name) + " -> " + quoted(start.app.name) + ";\n";
  }
  return text;
}

std::string failed(const BootProblem& problem) {
  std::string text;
  for (const Atom& app : concerned(problem))
    text += "  " + node(app, describe(problem), ", color=red, fontcolor=red");
  if (const auto* lost = std::get_if<NotStarted>(&problem))
    for (const Atom& need : lost->needs)
      text += "  " + quoted(need.name) + " -> " + quoted(lost->app.name) + " [color=red];\n";
  if (const auto* circle = std::get_if<CircularDependency>(&problem))
    for (std::size_t i = 0; i < circle->cycle.size(); ++i)
      text += "  " + quoted(circle->cycle[(i + 1) % circle->cycle.size()].name) + " -> " +
              quoted(circle->cycle[i].name) + " [color=red];\n";
  return text;
}

}  // namespace

std::string render_dot(const BootPlan& plan) {
  std::string text = "digraph boot {\n  rankdir=LR;\n  node [shape=box];\n";
  const Ancestors before = ancestors(plan);
  for (const BootStart& start : plan.starts)
    text += box(start);
  for (const BootStart& start : plan.starts)
    text += arrows(start, before);
  for (const BootProblem& problem : plan.problems)
    text += failed(problem);
  return text + "}\n";
}

}  // namespace erlrc
