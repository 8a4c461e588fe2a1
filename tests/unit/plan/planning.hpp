// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <erlrc/plan/plan.hpp>
#include <erlrc/term/text.hpp>

#include "catch.hpp"
#include "made_files.hpp"

// A node and a disk as values, and plans that Catch2 can print.

namespace erlrc::test {

/// The versions of egerl on disk, by vsn. A request for the files of another version fails the test.
class Disk {
public:
  Disk(std::vector<AppFiles> versions) {
    for (AppFiles& version : versions)
      versions_.emplace(version.spec.vsn, std::move(version));
  }

  Files files() const {
    const auto get = [this](const Version& version) -> const AppFiles& { return versions_.at(version.vsn); };
    return {get, get, [this](const Version& version) { return versions_.contains(version.vsn); }};
  }

private:
  std::map<std::string, AppFiles> versions_;
};

/// A disk that must not be read.
inline Files no_disk() {
  const auto fail = [](const Version&) -> const AppFiles& { throw std::logic_error("the disk was read"); };
  return {fail, fail, [](const Version&) -> bool { throw std::logic_error("the disk was read"); }};
}

/// Adds a loaded application to the node.
inline NodeState& load(NodeState& node, const std::string& app, const std::string& vsn,
                       std::vector<Atom> included = {}) {
  node.loaded[Atom{app}] = {vsn, std::move(included)};
  return node;
}

/// Adds a running application to the node.
inline NodeState& run(NodeState& node, const std::string& app, const std::string& vsn,
                      std::vector<Atom> included = {}) {
  node.running[Atom{app}] = Atom{"temporary"};
  return load(node, app, vsn, std::move(included));
}

}  // namespace erlrc::test

template <>
struct Catch::StringMaker<erlrc::Step> {
  static std::string convert(const erlrc::Step& step) { return erlrc::print_term(erlrc::to_term(step)); }
};

template <>
struct Catch::StringMaker<erlrc::Decision> {
  static std::string convert(const erlrc::Decision& decision) {
    return std::visit(
        erlrc::Overload{[](const erlrc::Plan& plan) {
                          std::string text(erlrc::to_string(plan.word));
                          for (const erlrc::Step& step : plan.steps)
                            text += "\n  " + erlrc::print_term(erlrc::to_term(step));
                          return text;
                        },
                        [](const erlrc::Refusal& refusal) { return "refused: " + refusal.why; }},
        decision);
  }
};

namespace erlrc::test {

/// The plan, if it is not a refusal.
inline Plan plan_of(const Decision& decision) {
  INFO(Catch::StringMaker<Decision>::convert(decision));
  REQUIRE(std::holds_alternative<Plan>(decision));
  return std::get<Plan>(decision);
}

}  // namespace erlrc::test
