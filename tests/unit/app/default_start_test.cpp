// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/default_start.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

using Names = std::set<std::string>;

/// An application without processes.
AppSpec library(const std::string& name, const std::vector<std::string>& needs = {}) {
  AppSpec spec;
  spec.name = Atom{name};
  spec.applications = {Atom{"kernel"}, Atom{"stdlib"}};
  for (const std::string& need : needs)
    spec.applications.push_back(Atom{need});
  return spec;
}

AppSpec app(const std::string& name, const std::vector<std::string>& needs = {}) {
  AppSpec spec = library(name, needs);
  spec.mod = StartModule{Atom{name + "_app"}, {}};
  return spec;
}

}  // namespace

TEST_CASE("the only application of a package starts") {
  CHECK(start_by_default({app("egerl")}) == Names{"egerl"});
  CHECK(start_by_default({library("eglib")}) == Names{"eglib"});
  CHECK(start_by_default({app("hello_demo")}) == Names{"hello_demo"});
  CHECK(start_by_default({}).empty());
}

TEST_CASE("the application that no other one needs starts, with what it needs") {
  CHECK(start_by_default({app("a"), app("b", {"a"}), app("c", {"b"})}) == Names{"a", "b", "c"});
  AppSpec outer = app("outer");
  outer.included_applications = {Atom{"inner"}};
  CHECK(start_by_default({outer, app("inner")}) == Names{"inner", "outer"});
}

TEST_CASE("applications that need each other start together") {
  CHECK(start_by_default({app("a", {"b"}), app("b", {"a"})}) == Names{"a", "b"});
}

TEST_CASE("of several applications that no other one needs, only what all of them need starts") {
  CHECK(start_by_default({app("elixir"), library("eex", {"elixir"}), app("mix", {"elixir"})}) ==
        Names{"elixir"});
  // As in rabbitmq-server: plugins need each other, too.
  CHECK(start_by_default({app("ranch"), app("cowboy", {"ranch"}), app("rabbit", {"ranch"}),
                          app("management", {"rabbit", "cowboy"}), app("top", {"management"}),
                          library("exchange", {"rabbit"})}) == Names{"rabbit", "ranch"});
}

TEST_CASE("nothing starts of applications that have nothing in common") {
  CHECK(start_by_default({app("tsung"), app("tsung_recorder")}).empty());
  CHECK(start_by_default({app("a", {"c"}), app("b", {"d"}), app("c"), app("d")}).empty());
}

TEST_CASE("a library that no other application needs does not count") {
  CHECK(start_by_default({app("a"), library("getopt")}) == Names{"a"});
  CHECK(start_by_default({library("getopt"), library("jsx")}) == Names{"getopt", "jsx"});
}

TEST_CASE("an application that is named as an example or a test does not count") {
  const std::string name =
      GENERATE("egerl_example", "egerl_examples", "demo_of_egerl", "egerl_tests", "test");
  CHECK(start_by_default({app("egerl"), app(name, {"egerl"})}) == Names{"egerl"});
  CHECK(start_by_default({app("egerl"), app(name)}) == Names{"egerl"});
  CHECK(start_by_default({app("attest"), app("latest", {"attest"})}) == Names{"attest", "latest"});
}
