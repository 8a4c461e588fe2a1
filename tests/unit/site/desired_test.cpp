// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/desired.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

TEST_CASE("desired applications are the files whose names are application names") {
  const TempDir dir;
  CHECK(load_desired_applications(dir.path()).empty());
  for (const char* name :
       {"egerl", "p1_utils", "a@b", "Upper", "_x", "1st", "egerl.app", "with-dash", "egerl~", ".hidden"})
    dir.write(std::string("applications/") + name, "");
  dir.write("applications/directory/x", "");
  std::filesystem::create_symlink("nowhere", dir / "applications" / "dangling");
  std::filesystem::create_symlink("circle", dir / "applications" / "circle");
  CHECK(load_desired_applications(dir.path()) ==
        std::set<Atom>{Atom{"a@b"}, Atom{"egerl"}, Atom{"p1_utils"}});
}

TEST_CASE(
    "each package has a directory for the applications that it wants, and the administrator's file counts") {
  const TempDir dir;
  dir.write("applications/egerl", "permanent");
  dir.write("applications/erlang-egerl.d/egerl", "");
  dir.write("applications/erlang-base64url.d/base64url", "");
  dir.write("applications/rabbitmq-server.d/base64url", "");
  dir.write("applications/rabbitmq-server.d/rabbit", "");
  dir.write("applications/removed.d/gone.dpkg-old", "");
  const auto apps = dir / "applications";
  CHECK(desired_files(dir.path()) ==
        std::map<Atom, std::filesystem::path>{{Atom{"base64url"}, apps / "erlang-base64url.d/base64url"},
                                              {Atom{"egerl"}, apps / "egerl"},
                                              {Atom{"rabbit"}, apps / "rabbitmq-server.d/rabbit"}});
}
