// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/dpkg.hpp>

#include <filesystem>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;
using Paths = std::vector<std::filesystem::path>;

TEST_CASE("the archives of dpkg are its arguments, and what is below those that are directories") {
  const TempDir dir;
  dir.write("a.deb", "");
  dir.write("all/b.deb", "");
  dir.write("all/below/c.deb", "");
  dir.write("all/d.txt", "");
  CHECK(archives_in({"dpkg", "-R", "a.deb", "all", "none.deb"}, dir.path()) ==
        Paths{dir / "a.deb", dir / "all/b.deb", dir / "all/below/c.deb"});
}

TEST_CASE("links that lead in a circle do not disturb the search for archives") {
  const TempDir dir;
  dir.write("all/a.deb", "");
  for (const char* name : {"one", "two", "three"})
    std::filesystem::create_directory_symlink(".", dir / ("all/" + std::string(name)));
  std::filesystem::create_symlink("b.deb", dir / "all/b.deb");
  std::filesystem::create_symlink("c.deb", dir / "c.deb");
  CHECK(archives_in({"dpkg", "-R", "all", "c.deb"}, dir.path()) == Paths{dir / "all/a.deb"});
}

TEST_CASE("the packages that dpkg is to remove are in its arguments") {
  using Names = std::vector<std::string>;
  const Names apt{"/usr/bin/dpkg",   "--status-fd", "14",    "--no-triggers",
                  "--force-depends", "--remove",    "a:all", "b:amd64"};
  CHECK(removals_in(apt) == Names{"14", "a:all", "b:amd64"});
  CHECK(removals_in({"dpkg", "-P", "a", "b"}) == Names{"a", "b"});
  CHECK(removals_in({"dpkg", "-rB", "a"}) == Names{"a"});
  CHECK(removals_in({"dpkg", "--purge", "--pending"}).empty());
  CHECK(removals_in({"dpkg", "-iR", "--remove-reinstreq", "dir"}).empty());
  CHECK(removals_in({"dpkg", "--unpack", "--auto-deconfigure", "a.deb"}).empty());
}
