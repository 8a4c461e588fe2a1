// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/pkg/deb_archive.hpp>

#include <cstdlib>

#include <erlrc/sys/file.hpp>

#include "decoder_check.hpp"
#include "made_deb.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::string kLib = "./usr/lib/erlang/lib/";

Bytes good_deb() {
  return deb({{"./control", "Package: demo\n"}, {"./erlrc", "demo 1.0 /usr/lib/erlang/lib/demo-1.0/ebin\n"}},
             {{kLib + "demo-1.0/ebin/", "", '5'},
              {kLib + "demo-1.0/ebin/demo.app", "{application, demo}."},
              {kLib + "demo-1.0/ebin/demo.beam", Bytes(3000, 'b')},
              {kLib + "demo-1.0/ebin/demo.appup", "{}."},
              {kLib + "demo-1.0/ebin/README", "not desired"},
              {"./etc/erlrc.d/applications/demo", ""},
              {kLib + "demo-1.0/ebin/again.beam", "", '1', kLib + "demo-1.0/ebin/demo.beam"},
              {kLib + "other-1.0", "", '2', "demo-1.0"},
              {"./srv/demo", "", '2', "/usr/lib/erlang/lib/other-1.0"},
              {"./loop/one", "", '2', "two"},
              {"./loop/two", "", '2', "one"}});
}

}  // namespace

TEST_CASE("a control member is read from an archive, and is absent if the archive does not have it") {
  const TempDir dir;
  const auto file = dir.write("demo.deb", good_deb());
  CHECK(read_control_member(file, "erlrc") == "demo 1.0 /usr/lib/erlang/lib/demo-1.0/ebin\n");
  CHECK(read_control_member(file, "triggers") == std::nullopt);
}

TEST_CASE("the files of applications are read from an archive, through its links") {
  const TempDir dir;
  const ArchiveFiles files = read_application_files(dir.write("demo.deb", good_deb()));
  const std::filesystem::path ebin = "/usr/lib/erlang/lib/demo-1.0/ebin";
  CHECK(files.read(ebin / "demo.app") == "{application, demo}.");
  CHECK(files.read(ebin / "demo.appup") == "{}.");
  CHECK(files.read(ebin / "demo.beam") == Bytes(3000, 'b'));
  CHECK(files.read(ebin / "again.beam") == Bytes(3000, 'b'));
  CHECK(files.read("/usr/lib/erlang/lib/other-1.0/ebin/demo.app") == "{application, demo}.");
  CHECK(files.read("/srv/demo/ebin/../ebin/demo.app") == "{application, demo}.");
  CHECK(files.read("/etc/erlrc.d/applications/demo") == "");
  CHECK(files.read(ebin / "README") == std::nullopt);
  CHECK(files.read(ebin / "none.beam") == std::nullopt);
  CHECK(files.read("/loop/one/demo.beam") == std::nullopt);
  for (const std::string directory : {"/usr/lib/erlang/lib/demo-1.0/ebin", "/srv/demo/ebin"})
    CHECK(files.files_below(directory) == std::vector<std::string>{"demo.app", "demo.appup", "demo.beam"});
  CHECK(files.files_below("/loop/one").empty());
}

TEST_CASE("a file that is not an archive is reported with its name") {
  const TempDir dir;
  const auto [name, bytes] = GENERATE(table<std::string, Bytes>({
      {"empty.deb", ""},
      {"garbage.deb", Bytes(5000, '\x7f')},
      {"noise.deb", "!<arch>\n" + Bytes(300, 'x')},
      {"no-data.deb", "!<arch>\n" + ar_member("debian-binary", "2.0\n")},
  }));
  const auto file = dir.write(name, bytes);
  CHECK_THROWS_WITH(read_control_member(file, "erlrc"), Catch::Contains(name));
  CHECK_THROWS_WITH(read_application_files(file), Catch::Contains(name));
}

TEST_CASE("a missing archive is reported with its name") {
  CHECK_THROWS_WITH(read_control_member("/nowhere/demo.deb", "erlrc"), Catch::Contains("/nowhere/demo.deb"));
}

TEST_CASE("an archive that claims to contain more than any application is not read into memory") {
  const TempDir dir;
  Bytes archive = good_deb();
  // The size of demo.app in its tar header: eleven octal digits, that is 8 GB.
  const auto at = archive.find("demo.app");
  archive.replace(at - (kLib + "demo-1.0/ebin/").size() + 124, 11, "77777777777");
  CHECK_THROWS_AS(read_application_files(dir.write("huge.deb", archive)), Error);
}

TEST_CASE("the reader survives truncated and changed archives") {
  const TempDir dir;
  check_decoder(good_deb(),
                [&](BytesView bytes) {
                  const auto file = dir.write("demo.deb", Bytes(bytes));
                  static_cast<void>(read_application_files(file).read("/srv/demo/ebin/demo.app"));
                  return read_control_member(file, "erlrc");
                },
                {Expect::kAny, Expect::kAny});
}

TEST_CASE("a small archive does not become large in memory") {
  const TempDir dir;
  const auto bomb = GENERATE(as<int>{}, 0, 1);
  std::vector<TarEntry> data{{kLib + "demo-1.0/ebin/demo.beam", Bytes(bomb == 0 ? 50'000'000 : 0, '\0')}};
  if (bomb == 1)
    for (int i = 0; i < 200'000; ++i)
      data.push_back({"./" + std::to_string(i), "", '2', "x"});
  const std::string file = dir.write("data.tar", tar(data)).string();
  REQUIRE(std::system(("gzip '" + file + "'").c_str()) == 0);
  const Bytes archive = "!<arch>\n" + ar_member("debian-binary", "2.0\n") +
                        ar_member("control.tar", tar({{"./control", "Package: demo\n"}})) +
                        ar_member("data.tar.gz", read_file(file + ".gz"));
  CHECK_THROWS_WITH(read_application_files(dir.write("bomb.deb", archive)),
                    Catch::Contains("too large to be read"));
}
