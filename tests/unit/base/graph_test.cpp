// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/graph.hpp>

#include "catch.hpp"

using namespace erlrc;

using Groups = std::vector<std::vector<std::string>>;
using Names = std::vector<std::string>;

TEST_CASE("dependencies come first") {
  CHECK(ordered_groups({{"a", {"b"}}, {"b", {"c"}}, {"c", {}}}) == Groups{{"c"}, {"b"}, {"a"}});
}

TEST_CASE("independent names are in the order of their names") {
  CHECK(ordered_groups({{"c", {}}, {"a", {}}, {"b", {}}}) == Groups{{"a"}, {"b"}, {"c"}});
  CHECK(ordered_groups({{"a", {"z"}}, {"b", {}}, {"y", {}}, {"z", {}}}) ==
        Groups{{"b"}, {"y"}, {"z"}, {"a"}});
}

TEST_CASE("a diamond is ordered once") {
  CHECK(ordered_groups({{"top", {"l", "r"}}, {"l", {"base"}}, {"r", {"base"}}, {"base", {}}}) ==
        Groups{{"base"}, {"l"}, {"r"}, {"top"}});
}

TEST_CASE("names that are not keys are ignored") {
  CHECK(ordered_groups({{"a", {"kernel", "b"}}, {"b", {"stdlib"}}}) == Groups{{"b"}, {"a"}});
  CHECK(ordered_groups({}).empty());
}

TEST_CASE("a cycle is one sorted group in its place between the others") {
  CHECK(ordered_groups({{"x", {"c"}}, {"c", {"b"}}, {"b", {"a"}}, {"a", {"c", "base"}}, {"base", {}}}) ==
        Groups{{"base"}, {"a", "b", "c"}, {"x"}});
}

TEST_CASE("two cycles that share a name are one group") {
  CHECK(ordered_groups({{"a", {"b"}}, {"b", {"a", "c"}}, {"c", {"b"}}}) == Groups{{"a", "b", "c"}});
}

TEST_CASE("a name that needs itself is a group of one") {
  CHECK(ordered_groups({{"a", {"a"}}}) == Groups{{"a"}});
}

TEST_CASE("a chain of 100,000 names is ordered") {
  Dependencies graph;
  for (int i = 0; i < 100'000; ++i)
    graph[std::to_string(1'000'000 + i)] = {std::to_string(1'000'001 + i)};
  const Groups ordered = ordered_groups(graph);
  REQUIRE(ordered.size() == 100'000);
  CHECK(ordered.front() == Names{"1099999"});
  CHECK(ordered.back() == Names{"1000000"});
}

TEST_CASE("a cycle is reported in order, beginning with its first name") {
  const Dependencies graph{{"c", {"b"}}, {"b", {"a"}}, {"a", {"c", "base"}}, {"base", {}}};
  CHECK(cycle_in(graph, {"a", "b", "c"}) == Names{"a", "c", "b"});
}

TEST_CASE("the shortest of several cycles through the first name is reported") {
  const Dependencies graph{{"a", {"b", "d"}}, {"b", {"c"}}, {"c", {"a"}}, {"d", {"a"}}};
  CHECK(cycle_in(graph, {"a", "b", "c", "d"}) == Names{"a", "d"});
}

TEST_CASE("a group of one is a cycle only if it needs itself") {
  CHECK(cycle_in({{"a", {"a"}}}, {"a"}) == Names{"a"});
  CHECK(cycle_in({{"a", {"b"}}, {"b", {}}}, {"a"}).empty());
  CHECK(cycle_in({}, {}).empty());
}
