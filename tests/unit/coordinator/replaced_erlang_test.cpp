// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/replaced_erlang.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

namespace {

/// A node that does not run on this machine, whose Erlang has its applications in `lib`.
std::optional<std::string> replaced(const std::filesystem::path& lib) {
  NodeState node;
  node.lib_dir = lib.string();
  node.loaded[Atom{"kernel"}] = {"8.5", {}};
  node.loaded[Atom{"stdlib"}] = {"4.2", {}};
  return replaced_erlang({{"no_such_node", std::nullopt}, Cookie("C"), std::nullopt, std::nullopt}, node);
}

}  // namespace

TEST_CASE("an Erlang whose kernel and stdlib are on disk was not replaced") {
  const TempDir dir;
  std::filesystem::create_directories(dir / "kernel-8.5");
  std::filesystem::create_directories(dir / "stdlib");  // a layout without versions
  CHECK(replaced(dir.path()) == std::nullopt);
}

TEST_CASE("an Erlang whose stdlib is gone was replaced") {
  const TempDir dir;
  std::filesystem::create_directories(dir / "kernel-8.5");
  std::filesystem::create_directories(dir / "stdlib-4.3");
  const auto why = replaced(dir.path());
  REQUIRE(why);
  CHECK(why->find((dir / "stdlib").string() + "-4.2") != std::string::npos);
}

TEST_CASE("nothing is reported for a node whose library directory is not on this disk") {
  const TempDir dir;
  CHECK(replaced(dir / "elsewhere") == std::nullopt);
  CHECK(replaced("") == std::nullopt);
}

TEST_CASE("only a plan with steps changes a node") {
  CHECK_FALSE(changes_something(Refusal{}));
  CHECK_FALSE(changes_something(Plan{}));
  Plan plan;
  plan.steps = {StopApp{Atom{"egerl"}}};
  CHECK(changes_something(plan));
}
