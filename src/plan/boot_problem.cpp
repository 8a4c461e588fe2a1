// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/boot_problem.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

std::string joined(const std::vector<Atom>& apps, const std::string& between) {
  std::string text;
  for (const Atom& app : apps)
    text += (text.empty() ? "" : between) + app.name;
  return text;
}

std::string described_cycle(const std::vector<Atom>& cycle) {
  if (cycle.size() == 1) return cycle.front().name + " needs itself";
  return "applications need each other: " + joined(cycle, " -> ") + " -> " + cycle.front().name;
}

}  // namespace

std::vector<Atom> concerned(const BootProblem& problem) {
  return std::visit(Overload{[](const CircularDependency& p) { return p.cycle; },
                             [](const DuplicateIncluded& p) {
                               return std::vector{p.app, p.one, p.other};
                             },
                             [](const auto& p) { return std::vector{p.app}; }},
                    problem);
}

Term to_term(const BootProblem& problem) {
  return std::visit(
      Overload{
          [](const CircularDependency& p) {
            return tuple(Atom{"circular_dependency"}, p.cycle.front(), atoms(p.cycle));
          },
          [](const DependencyIncluded& p) {
            return tuple(Atom{"dependency_included"}, p.app, p.dependency, p.by);
          },
          [](const DuplicateIncluded& p) { return tuple(Atom{"duplicate_included"}, p.app, p.one, p.other); },
          [](const AppFileMissing& p) {
            return tuple(Atom{"appspec_file_not_found"}, string(p.app.name + ".app"));
          },
          [](const AppFileBroken& p) {
            return tuple(Atom{"appspec_file_parse_error"}, string(p.file), binary(p.why));
          },
          [](const BadStartType& p) {
            return tuple(Atom{"bad_start_type"}, string(p.file), binary(p.found));
          },
          [](const NotStarted& p) { return tuple(Atom{"not_started"}, p.app, atoms(p.needs)); }},
      problem);
}

std::string describe(const BootProblem& problem) {
  return std::visit(
      Overload{[](const CircularDependency& p) { return described_cycle(p.cycle); },
               [](const DependencyIncluded& p) {
                 return p.app.name + " depends on " + p.dependency.name + ", which " + p.by.name +
                        " includes";
               },
               [](const DuplicateIncluded& p) {
                 return p.app.name + " is included by both " + p.one.name + " and " + p.other.name;
               },
               [](const AppFileMissing& p) {
                 return p.app.name + ": no directory of the code path has " + p.app.name + ".app";
               },
               [](const AppFileBroken& p) { return p.app.name + ": " + p.why; },
               [](const BadStartType& p) {
                 return p.file + ": found " + print_term(string(p.found)) +
                        ", expected nothing, permanent, transient or temporary";
               },
               [](const NotStarted& p) { return p.app.name + " needs " + joined(p.needs, ", "); }},
      problem);
}

}  // namespace erlrc
