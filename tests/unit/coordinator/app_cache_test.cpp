// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/app_cache.hpp>

#include <erlrc/base/error.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

namespace {

std::string app_file(const std::string& vsn) {
  return "{application, egerl, [{vsn, \"" + vsn + "\"}, {modules, []}]}.\n";
}

}  // namespace

TEST_CASE("the files of a version are read once, for all nodes") {
  const TempDir dir;
  dir.write("egerl-1/ebin/egerl.app", app_file("1"));
  AppCache cache(Atom{"egerl"});
  const Files files = cache.files();
  const Version version{"1", (dir / "egerl-1/ebin").string()};
  const AppFiles& first = files.spec(version);
  std::filesystem::remove_all(dir / "egerl-1");
  CHECK(&files.spec(version) == &first);
  CHECK(first.spec.vsn == "1");
}

TEST_CASE("a version exists if its directory does") {
  const TempDir dir;
  dir.write("egerl-1/ebin/egerl.app", app_file("1"));
  AppCache cache(Atom{"egerl"});
  CHECK(cache.files().exist({"1", (dir / "egerl-1/ebin").string()}));
  CHECK_FALSE(cache.files().exist({"2", (dir / "egerl-2/ebin").string()}));
}

TEST_CASE("a file of another version than the one asked for is an error") {
  const TempDir dir;
  dir.write("egerl/ebin/egerl.app", app_file("1"));
  AppCache cache(Atom{"egerl"});
  const Files files = cache.files();
  CHECK_THROWS_AS(files.spec({"2", (dir / "egerl/ebin").string()}), Error);
}

TEST_CASE("a version that is still packed is read from its archive, others from disk") {
  const TempDir dir;
  dir.write("egerl-1/ebin/egerl.app", app_file("1"));
  const Version packed{"2", "/lib/egerl-2/ebin"};
  const std::string content = app_file("2");
  const auto read = [&](const std::filesystem::path& path) -> std::optional<Bytes> {
    if (path != "/lib/egerl-2/ebin/egerl.app") return std::nullopt;
    return Bytes(content.begin(), content.end());
  };
  const auto no_files = [](const std::filesystem::path&) { return std::vector<std::string>{}; };
  AppCache cache(Atom{"egerl"}, packed, {read, no_files});
  const Files files = cache.files();
  CHECK(files.spec(packed).spec.vsn == "2");
  CHECK(files.spec({"1", (dir / "egerl-1/ebin").string()}).spec.vsn == "1");
}
