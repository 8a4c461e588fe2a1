// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/run_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <erlrc/base/error.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

TEST_CASE("the record of a run is stored, and removed when no group is left") {
  const TempDir dir;
  const ScopedEnvironment run("ERLRC_RUN", (dir / "run").c_str());
  const RunFile file = RunFile::lock(after(milliseconds{1000}));
  CHECK(file.load() == RunRecord{});
  const RunRecord record{"4711 1", {{RunRecord::State::trying, "", {{"pkg", "1", "2"}}}}};
  file.store(record);
  CHECK(file.load() == record);
  file.store({});
  CHECK(!std::filesystem::exists(dir / "run/run"));
}

TEST_CASE("only one call at a time can use the record") {
  const TempDir dir;
  const ScopedEnvironment run("ERLRC_RUN", (dir / "run").c_str());
  const RunFile file = RunFile::lock(after(milliseconds{1000}));
  CHECK_THROWS_AS(RunFile::lock(after(milliseconds{10})), Error);
}

TEST_CASE("a record that cannot be read is reported with what to do") {
  const TempDir dir;
  const ScopedEnvironment run("ERLRC_RUN", (dir / "run").c_str());
  const RunFile file = RunFile::lock(after(milliseconds{1000}));
  const std::string path = (dir / "run/run").string();
  const std::string advice = "; if no package manager is running, remove " + path;
  dir.write("run/run", GENERATE("", "x", "{}", "[1]"));
  CHECK_THROWS_WITH(file.load(),
                    Catch::StartsWith(path + ": not a record of a run: ") && Catch::EndsWith(advice));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  CHECK_THROWS_WITH(file.load(), path + ": read: Is a directory" + advice);
}

TEST_CASE("a directory of another user is not locked") {
  const TempDir dir;
  const std::string path = (dir / "run").string();
  const ScopedEnvironment run("ERLRC_RUN", path.c_str());
  std::filesystem::create_directory(path);
  REQUIRE(::chmod(path.c_str(), 0770) == 0);
  CHECK_THROWS_WITH(make_run_directory(), path + ": writable by its group or by others: chmod 0700 " + path);
  if (::geteuid() != 0) return;
  REQUIRE(::chmod(path.c_str(), 0700) == 0);
  REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  CHECK_THROWS_WITH(RunFile::lock(after(milliseconds{1000})),
                    path + ": belongs to user 65534, expected root");
}

TEST_CASE("directories that are given as relative paths begin in the working directory") {
  const ScopedEnvironment run("ERLRC_RUN", "run");
  CHECK(run_directory() == std::filesystem::current_path() / "run");
}
