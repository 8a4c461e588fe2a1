// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/run_file.hpp>

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
