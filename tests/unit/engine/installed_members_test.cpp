// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/installed_members.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

TEST_CASE("the directories of applications are those that installed packages declare, and that are there") {
  const TempDir dir;
  const ScopedEnvironment dpkg("DPKG_ADMINDIR", (dir / "dpkg").c_str());
  const ScopedEnvironment rpm("ERLRC_PACKAGES", (dir / "rpm").c_str());
  const auto shipped = [&](const std::string& app, const std::string& vsn, const std::string& where) {
    const std::string ebin = dir / where / "ebin";
    dir.write(where + "/ebin/" + app + ".app", "");
    return app + " " + vsn + " " + ebin + "\n";
  };
  dir.write("dpkg/info/one.erlrc", shipped("egerl", "1.9", "old") + shipped("yaws", "2.0", "yaws"));
  dir.write("dpkg/info/two:amd64.erlrc", "policy = leave\n" + shipped("egerl", "1.10", "new"));
  dir.write("dpkg/info/gone.erlrc", "gone 1.0 /nowhere/ebin\n");
  dir.write("dpkg/info/broken.erlrc", "what is this\n");
  dir.write("rpm/three/1.0-1", shipped("elixir", "1.14", "elixir"));
  CHECK(declared_directories() == std::map<Atom, std::string>{{Atom{"egerl"}, dir / "new/ebin"},
                                                              {Atom{"elixir"}, dir / "elixir/ebin"},
                                                              {Atom{"yaws"}, dir / "yaws/ebin"}});
}
