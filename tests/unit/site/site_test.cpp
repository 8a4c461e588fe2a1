// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/site.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

namespace {

/// A directory of the administrator's with nodes a, b@one, b@two, an entry that others can read, and one
/// application that should run.
struct Host {
  Host() : root("ERLRC_ROOT", dir.path().c_str()) {
    for (const char* name : {"a", "b@one", "b@two"})
      dir.write(std::string("nodes/") + name, "SECRET\n");
    dir.write("nodes/open", "SECRET\n", 0644);
    dir.write("applications/egerl", "");
  }

  TempDir dir;
  ScopedEnvironment root;
};

std::vector<std::string> names(const Site& site) {
  std::vector<std::string> found;
  for (const NodeEntry& entry : site.registry.nodes)
    found.push_back(to_string(entry.name));
  for (const BadEntry& bad : site.registry.bad)
    found.push_back("bad " + bad.file);
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a site has the registered nodes, the unusable entries and the applications that should run") {
  const Host host;
  const Site site = load_site();
  CHECK(names(site) == Names{"a", "b@one", "b@two", "bad open"});
  CHECK(site.desired == std::set<Atom>{Atom{"egerl"}});
}

TEST_CASE("one node is chosen by its name, with the host or without") {
  const Host host;
  CHECK(names(only_node(load_site(), "a")) == Names{"a"});
  CHECK(names(only_node(load_site(), "b")) == Names{"b@one", "b@two"});
  CHECK(names(only_node(load_site(), "b@two")) == Names{"b@two"});
  CHECK(names(only_node(load_site(), "open")) == Names{"bad open"});
}

TEST_CASE("a node that is not registered cannot be chosen") {
  const Host host;
  CHECK_THROWS_AS(only_node(load_site(), "c"), UsageError);
  CHECK_THROWS_AS(only_node(load_site(), "a@one"), UsageError);
}

TEST_CASE("several nodes are chosen by the names of their files") {
  const Host host;
  CHECK(names(only_nodes(load_site(), {"a", "b@one", "open"})) == Names{"a", "b@one", "bad open"});
  CHECK(names(only_nodes(load_site(), {})).empty());
}

TEST_CASE("hooks do nothing for another system, and where no node is registered") {
  const Host host;
  {
    const ScopedEnvironment other(GENERATE("DPKG_ROOT", "FAKECHROOT", "FAKECHROOT_BASE"), "/target");
    CHECK_FALSE(site_to_serve());
  }
  std::filesystem::remove_all(host.dir / "nodes");
  CHECK_FALSE(site_to_serve());
  std::filesystem::create_directory(host.dir / "nodes");
  CHECK_FALSE(site_to_serve());
}
