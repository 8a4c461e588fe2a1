// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/transaction/upgrade_set.hpp>

using namespace erlrc;
using Names = std::set<std::string>;
using Skipped = std::map<std::string, std::string>;

namespace {

PackageRelations package(std::string name, std::string version, const std::string& needs = "",
                         const std::string& breaks = "") {
  return relations_of({{"Package", std::move(name)},
                       {"Version", std::move(version)},
                       {"Depends", needs},
                       {"Breaks", breaks}});
}

PackageChange change(std::optional<PackageRelations> from, PackageRelations to) {
  return {std::move(from), std::move(to)};
}

/// lib <- app <- top: each needs the one to its left in its own version. The package d has no relations.
PackageChanges chain(const std::string& from, const std::string& to) {
  const auto all = [](const std::string& vsn) {
    return Packages{{"lib", package("lib", vsn)},
                    {"app", package("app", vsn, "lib (>= " + vsn + ")")},
                    {"top", package("top", vsn, "app (>= " + vsn + ")")},
                    {"d", package("d", vsn)}};
  };
  PackageChanges changes;
  for (const auto& [name, relations] : all(to))
    changes[name] = change(all(from).at(name), relations);
  return changes;
}

PackageChanges without(PackageChanges changes, const std::string& name) {
  changes.erase(name);
  return changes;
}

}  // namespace

TEST_CASE("packages that depend on each other, even indirectly, are an upgrade set") {
  CHECK(together_with("app", chain("1", "2")) == Names{"lib", "app", "top"});
  CHECK(together_with("d", chain("1", "2")) == Names{"d"});
}

TEST_CASE("a package that breaks another one, in its old or new version, is in one upgrade set with it") {
  PackageChanges changes{{"a", change(package("a", "1"), package("a", "2", "", "b (<< 2)"))},
                         {"b", change(package("b", "1"), package("b", "2"))}};
  CHECK(together_with("b", changes) == Names{"a", "b"});
  std::swap(*changes["a"].from, changes["a"].to);
  CHECK(together_with("b", changes) == Names{"a", "b"});
}

TEST_CASE("a new package is in an upgrade set only if another package of the set needs it") {
  PackageChanges changes{{"app", change(package("app", "1"), package("app", "2", "new"))},
                         {"new", change({}, package("new", "1"))},
                         {"other", change({}, package("other", "1", "app"))}};
  CHECK(together_with("app", changes) == Names{"app", "new"});
}

TEST_CASE("nodes upgrade dependencies first, and downgrade dependents first") {
  const std::vector<std::string> up{"lib", "app", "top"};
  const std::vector<std::string> down{"top", "app", "lib"};
  CHECK(node_order({"lib", "app", "top"}, chain("1", "2")) == up);
  CHECK(node_order({"lib", "app", "top"}, chain("2", "1")) == down);
}

TEST_CASE("an unmet relation is reported with both packages and their versions") {
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2)")}, {"lib", package("lib", "1")}}) ==
        std::set<Unmet>{{"app", "app 2 needs lib (>= 2), and lib is 1", "lib"}});
  CHECK(unmet_among({{"app", package("app", "1")}, {"lib", package("lib", "2", "", "app (<< 2)")}}) ==
        std::set<Unmet>{{"app", "lib 2 breaks app (<< 2), and app is 1", "lib"}});
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2)")}, {"lib", package("lib", "")}}) ==
        std::set<Unmet>{{"app", "app 2 needs lib (>= 2), and lib is another version", "lib"}});
}

TEST_CASE("a relation to an unknown package is met, and so is one with an alternative that is met") {
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2), erlang-base")}}).empty());
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2) | other")},
                     {"lib", package("lib", "1")},
                     {"other", package("other", "1")}})
            .empty());
}

TEST_CASE("a provided package counts with the version in Provides") {
  PackageRelations lib = package("lib", "1:7-1");
  lib.provides = {{"erlang-app-lib", "=", "1.0"}};
  CHECK(unmet_among({{"app", package("app", "2", "erlang-app-lib (>= 1.0)")}, {"lib", lib}}).empty());
  CHECK(unmet_among({{"app", package("app", "2", "erlang-app-lib (>= 1.1)")}, {"lib", lib}}).size() == 1);
}

TEST_CASE("direct and indirect dependents of the new version of a skipped package are skipped") {
  const PackageChanges all = chain("1", "2");
  const PackageChanges rest = without(all, "lib");
  CHECK(to_skip(rest, {{"lib", *all.at("lib").from}}) ==
        Skipped{{"app", "app 2 needs lib (>= 2), and lib is 1"},
                {"top", "top 2 needs app (>= 2), and app is 1"}});
  CHECK(to_skip(without(all, "top"), {{"top", *all.at("top").from}}).empty());
}

TEST_CASE("in a downgrade, dependencies of a skipped package are skipped, but not its dependents") {
  const PackageChanges all = chain("2", "1");
  CHECK(to_skip(without(all, "lib"), {{"lib", *all.at("lib").from}}).empty());
  CHECK(to_skip(without(all, "app"), {{"app", *all.at("app").from}}) ==
        Skipped{{"lib", "app 2 needs lib (>= 2), and lib is 1"}});
}

TEST_CASE("a package that breaks the old version of a skipped package is skipped") {
  const PackageChanges changes{{"lib", change(package("lib", "1"), package("lib", "2", "", "app (<< 2)"))}};
  CHECK(to_skip(changes, {{"app", package("app", "1")}}) ==
        Skipped{{"lib", "lib 2 breaks app (<< 2), and app is 1"}});
}

TEST_CASE("a package is not skipped because of a relation that was unmet before") {
  const PackageChanges changes{{"lib", change(package("lib", "1"), package("lib", "2"))}};
  CHECK(
      to_skip(changes, {{"app", package("app", "1", "gone (>= 1)")}, {"gone", package("gone", "")}}).empty());
}

TEST_CASE("packages whose dependencies were not upgraded are rolled back, and so are their dependents") {
  const Packages now{{"lib", package("lib", "1")},
                     {"app", package("app", "2", "lib (>= 2)")},
                     {"top", package("top", "2", "app (>= 2)")},
                     {"d", package("d", "2")}};
  CHECK(to_roll_back(now, {{"app", "1"}, {"top", "1"}, {"d", "1"}}) == Names{"app", "top"});
  CHECK(to_roll_back(now, {{"top", "1"}, {"d", "1"}}).empty());
}

TEST_CASE("a new package is skipped if a dependency is skipped") {
  CHECK(to_skip({{"app", change({}, package("app", "1", "lib (>= 2)"))}}, {{"lib", package("lib", "")}}) ==
        Skipped{{"app", "app 1 needs lib (>= 2), and lib is another version"}});
}
