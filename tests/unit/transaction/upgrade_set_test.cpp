// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/transaction/upgrade_set.hpp>

using namespace erlrc;
using Names = std::set<std::string>;
using Left = std::map<std::string, std::string>;

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

/// lib <- app <- top, each needs the one below it in its own version, and d, which has nothing to do with it.
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

TEST_CASE("packages that need each other, by however many steps, belong together") {
  CHECK(together_with("app", chain("1", "2")) == Names{"lib", "app", "top"});
  CHECK(together_with("d", chain("1", "2")) == Names{"d"});
}

TEST_CASE("who breaks another one belongs to it, in its old version or in its new one") {
  PackageChanges changes{{"a", change(package("a", "1"), package("a", "2", "", "b (<< 2)"))},
                         {"b", change(package("b", "1"), package("b", "2"))}};
  CHECK(together_with("b", changes) == Names{"a", "b"});
  std::swap(*changes["a"].from, changes["a"].to);
  CHECK(together_with("b", changes) == Names{"a", "b"});
}

TEST_CASE("of what is installed for the first time only what others need belongs to them") {
  PackageChanges changes{{"app", change(package("app", "1"), package("app", "2", "new"))},
                         {"new", change({}, package("new", "1"))},
                         {"other", change({}, package("other", "1", "app"))}};
  CHECK(together_with("app", changes) == Names{"app", "new"});
}

TEST_CASE("up, nodes change from below; down, from above") {
  const std::vector<std::string> up{"lib", "app", "top"};
  const std::vector<std::string> down{"top", "app", "lib"};
  CHECK(node_order({"lib", "app", "top"}, chain("1", "2")) == up);
  CHECK(node_order({"lib", "app", "top"}, chain("2", "1")) == down);
}

TEST_CASE("what is unmet is reported with both packages and their versions") {
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2)")}, {"lib", package("lib", "1")}}) ==
        std::set<Unmet>{{"app", "app 2 needs lib (>= 2), and lib is 1", "lib"}});
  CHECK(unmet_among({{"app", package("app", "1")}, {"lib", package("lib", "2", "", "app (<< 2)")}}) ==
        std::set<Unmet>{{"app", "lib 2 breaks app (<< 2), and app is 1", "lib"}});
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2)")}, {"lib", package("lib", "")}}) ==
        std::set<Unmet>{{"app", "app 2 needs lib (>= 2), and lib is another version", "lib"}});
}

TEST_CASE("needs of packages that are not among them are met, and so is one of several alternatives") {
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2), erlang-base")}}).empty());
  CHECK(unmet_among({{"app", package("app", "2", "lib (>= 2) | other")},
                     {"lib", package("lib", "1")},
                     {"other", package("other", "1")}})
            .empty());
}

TEST_CASE("what is provided counts with the version that it is provided in") {
  PackageRelations lib = package("lib", "1:7-1");
  lib.provides = {{"erlang-app-lib", "=", "1.0"}};
  CHECK(unmet_among({{"app", package("app", "2", "erlang-app-lib (>= 1.0)")}, {"lib", lib}}).empty());
  CHECK(unmet_among({{"app", package("app", "2", "erlang-app-lib (>= 1.1)")}, {"lib", lib}}).size() == 1);
}

TEST_CASE("what needs the new version of one that nodes do not change waits with it, and so on") {
  const PackageChanges all = chain("1", "2");
  const PackageChanges rest = without(all, "lib");
  CHECK(
      to_skip(rest, {{"lib", *all.at("lib").from}}) ==
      Left{{"app", "app 2 needs lib (>= 2), and lib is 1"}, {"top", "top 2 needs app (>= 2), and app is 1"}});
  CHECK(to_skip(without(all, "top"), {{"top", *all.at("top").from}}).empty());
}

TEST_CASE("down, what is above does not wait for what is below") {
  const PackageChanges all = chain("2", "1");
  CHECK(to_skip(without(all, "lib"), {{"lib", *all.at("lib").from}}).empty());
  CHECK(to_skip(without(all, "app"), {{"app", *all.at("app").from}}) ==
        Left{{"lib", "app 2 needs lib (>= 2), and lib is 1"}});
}

TEST_CASE("what breaks the version that nodes keep running waits, too") {
  const PackageChanges changes{{"lib", change(package("lib", "1"), package("lib", "2", "", "app (<< 2)"))}};
  CHECK(to_skip(changes, {{"app", package("app", "1")}}) ==
        Left{{"lib", "lib 2 breaks app (<< 2), and app is 1"}});
}

TEST_CASE("what was unmet before keeps nothing from changing") {
  const PackageChanges changes{{"lib", change(package("lib", "1"), package("lib", "2"))}};
  CHECK(
      to_skip(changes, {{"app", package("app", "1", "gone (>= 1)")}, {"gone", package("gone", "")}}).empty());
}

TEST_CASE("packages whose needs did not come return to the version before, and those that need them follow") {
  const Packages now{{"lib", package("lib", "1")},
                     {"app", package("app", "2", "lib (>= 2)")},
                     {"top", package("top", "2", "app (>= 2)")},
                     {"d", package("d", "2")}};
  CHECK(to_roll_back(now, {{"app", "1"}, {"top", "1"}, {"d", "1"}}) == Names{"app", "top"});
  CHECK(to_roll_back(now, {{"top", "1"}, {"d", "1"}}).empty());
}

TEST_CASE("a package that is new on the machine waits for what it needs") {
  CHECK(to_skip({{"app", change({}, package("app", "1", "lib (>= 2)"))}}, {{"lib", package("lib", "")}}) ==
        Left{{"app", "app 1 needs lib (>= 2), and lib is another version"}});
}
