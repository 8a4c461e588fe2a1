// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/staging.hpp>

#include <erlrc/base/error.hpp>
#include <erlrc/engine/rpm_facts.hpp>
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::ScopedEnvironment;
using test::TempDir;

namespace fs = std::filesystem;

namespace {

/// A host with an archive of the application a, which is to be installed in the directory of the test.
struct Host : RpmFacts {
  Host() : RpmFacts({}, milliseconds{0}), state("ERLRC_STATE", (dir / "state").c_str()) {}

  bool extract(const fs::path&, const fs::path& directory) const override {
    fs::create_directories(directory / app.relative_path() / "ebin");
    if (has_priv) fs::create_directories(directory / app.relative_path() / "priv");
    return whole;
  }
  void install(const fs::path& directory) const { fs::create_directories(directory / "ebin"); }
  fs::path staged(const fs::path& directory) const {
    return dir / "state/staged/pkg" / directory.relative_path();
  }
  bool stage(const fs::path& directory) {
    app = directory;
    return staging().unpack("pkg", "/archive", *this);
  }
  Staging staging() const { return {}; }
  fs::path version(const std::string& vsn) const { return dir / ("lib/a-" + vsn); }

  TempDir dir;
  ScopedEnvironment state;
  fs::path app;
  bool has_priv = true, whole = true;
};

}  // namespace

TEST_CASE("the staged name of a directory that has been installed stays valid, as long as the directory") {
  Host host;
  const fs::path two = host.version("2"), three = host.version("3");
  CHECK(host.stage(two));
  host.install(two);
  host.staging().drop_all();
  CHECK(read_link_if_readable(host.staged(two)) == two.string());
  CHECK(host.stage(three));
  CHECK(read_link_if_readable(host.staged(two)) == two.string());
  host.install(three);
  host.staging().drop("pkg");
  CHECK(read_link_if_readable(host.staged(two)) == two.string());
  CHECK(read_link_if_readable(host.staged(three)) == three.string());
  fs::remove_all(two);
  host.staging().drop_all();
  CHECK(!is_there(host.staged(two)));
  CHECK(is_there(host.staged(three)));
  fs::remove_all(three);
  host.staging().drop_all();
  CHECK(!is_there(host.dir / "state/staged"));
}

TEST_CASE("a version that is staged again is not written through the link to what is installed") {
  Host host;
  const fs::path two = host.version("2");
  CHECK(host.stage(two));
  host.install(two);
  host.staging().drop_all();
  CHECK(host.stage(two));
  CHECK(!read_link_if_readable(host.staged(two)));
  CHECK(!is_there(two / "priv"));
}

TEST_CASE("nothing stays of what was not installed, nor of an application that is code only") {
  Host host;
  CHECK(host.stage(host.version("2")));
  host.staging().drop_all();
  CHECK(!is_there(host.dir / "state/staged"));
  host.has_priv = false;
  CHECK(host.stage(host.version("2")));
  host.install(host.version("2"));
  host.staging().drop_all();
  CHECK(!is_there(host.dir / "state/staged"));
}

TEST_CASE("a damaged archive does not cost the names of earlier ones") {
  Host host;
  CHECK(host.stage(host.version("2")));
  host.install(host.version("2"));
  host.whole = false;
  CHECK(!host.stage(host.version("3")));
  CHECK(!is_there(host.staged(host.version("3"))));
  CHECK(is_there(host.staged(host.version("2"))));
}
