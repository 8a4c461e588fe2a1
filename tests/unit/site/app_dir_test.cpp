// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/app_dir.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "paths.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using test::TempDir;

namespace {

const std::string golden = test::in_source("tests/golden/app/otp25/");
const Atom demo{"demo"};

std::string app_text(const std::string& modules, const std::string& vsn = "1.0",
                     const std::string& name = "demo") {
  return "{application, " + name + ", [{vsn, \"" + vsn + "\"}, {modules, [" + modules + "]}]}.\n";
}

/// An application with two modules compiled by OTP.
struct Demo {
  explicit Demo(const std::string& app = app_text("plain, server")) {
    ebin.write("demo.app", app);
    ebin.write("plain.beam", read_file(golden + "plain.beam"));
    ebin.write("server.beam", read_file(golden + "server.beam"));
  }

  AppFiles load() const { return load_app_files(ebin.path(), demo, "1.0"); }

  /// The error of loading, without the path of the directory.
  std::string error(const std::string& vsn = "1.0", const Atom& app = demo) const {
    try {
      load_app_files(ebin.path(), app, vsn);
    } catch (const Error& error) {
      std::string text = error.what();
      CHECK(text.find('\n') == std::string::npos);
      const std::string path = ebin.path().string() + "/";
      for (auto at = text.find(path); at != std::string::npos; at = text.find(path))
        text.erase(at, path.size());
      return text;
    }
    return "none";
  }

  TempDir ebin;
};

}  // namespace

TEST_CASE("an application directory is loaded as its .app, the beams of its modules, and its appup, if any") {
  const Demo app;
  app.ebin.write("unlisted.beam", "no beam");
  const AppFiles files = app.load();
  CHECK(files.location == app.ebin.path().string());
  CHECK(files.spec.name == demo);
  CHECK(files.spec.modules == std::vector<Atom>{Atom{"plain"}, Atom{"server"}});
  CHECK(files.beams.size() == 2);
  CHECK(files.beams.at(Atom{"plain"}) == parse_beam(read_file(golden + "plain.beam"), "plain"));
  CHECK(files.beams.at(Atom{"server"}) == parse_beam(read_file(golden + "server.beam"), "server"));
  CHECK_FALSE(files.appup.has_value());
}

TEST_CASE("a shipped appup is loaded with the files") {
  const Demo app;
  app.ebin.write("demo.appup", "{\"1.0\", [{\"0.9\", [{load_module, plain}]}], []}.\n");
  const AppFiles files = app.load();
  REQUIRE(files.appup.has_value());
  CHECK(files.appup->up.size() == 1);
}

TEST_CASE("the beams in the directory count, whether the .app lists them or not") {
  const Demo app(app_text("plain"));
  app.ebin.write("other.app", "{application, other, [{vsn, \"1\"}, {modules, [on_load]}]}.\n");
  app.ebin.write("on_load.beam", read_file(golden + "on_load.beam"));
  app.ebin.write("renamed.beam", read_file(golden + "tree.beam"));
  const AppFiles files = app.load();
  CHECK(files.spec.modules == std::vector<Atom>{Atom{"plain"}, Atom{"server"}});
  CHECK(files.unlisted == std::set<Atom>{Atom{"server"}});
  CHECK(files.beams.size() == 2);
}

TEST_CASE("the libraries below priv are read if a module has NIFs") {
  const Demo app;
  app.ebin.write("priv/lib/one.so", "one");
  CHECK_FALSE(app.load().libraries);
  app.ebin.write("nif_only.beam", read_file(golden + "nif_only.beam"));
  app.ebin.write("priv/two.so", "two");
  app.ebin.write("priv/readme", "text");
  CHECK(app.load().libraries ==
        std::map<std::string, Md5Digest>{{"lib/one.so", md5("one")}, {"two.so", md5("two")}});
}

TEST_CASE("while a version is being replaced, files that dpkg has not replaced belong to what lists them") {
  const Demo app(app_text("plain", "2.0"));
  app.ebin.write("demo.app.dpkg-tmp", app_text("plain"));
  app.ebin.write("plain.beam.dpkg-tmp", read_file(golden + "plain.beam"));
  app.ebin.write("tree.beam", read_file(golden + "tree.beam"));
  app.ebin.write("tree.beam.dpkg-tmp", read_file(golden + "tree.beam"));
  CHECK(app.load().unlisted == std::set<Atom>{Atom{"tree"}});
  CHECK(load_app_files(app.ebin.path(), demo, "2.0").unlisted == std::set<Atom>{Atom{"tree"}});
}

TEST_CASE("only the .app is read if nothing else is requested") {
  const Demo app(app_text("missing"));
  const AppFiles files = load_app_spec(app.ebin.path(), demo, "1.0");
  CHECK(files.spec.modules == std::vector<Atom>{Atom{"missing"}});
  CHECK(files.beams.empty());
}

TEST_CASE("the files of a version that is being replaced are those that dpkg keeps") {
  const Demo app(app_text("plain", "2.0"));
  app.ebin.write("demo.appup", R"({"2.0", [], []}.)");
  app.ebin.write("demo.app.dpkg-tmp", app_text("plain, server"));
  app.ebin.write("plain.beam.dpkg-tmp", read_file(test::in_source("tests/golden/app/otp23/plain.beam")));
  const AppFiles before = app.load();
  CHECK(before.spec.vsn == "1.0");
  CHECK(before.beams.size() == 2);  // server is not replaced, but removed
  CHECK(!before.appup);
  CHECK(!before.in_place);  // the file plain.beam belongs to the other version
  const AppFiles now = load_app_files(app.ebin.path(), demo, "2.0");
  CHECK(now.beams.size() == 1);
  CHECK(now.beams.at(Atom{"plain"}).md5 != before.beams.at(Atom{"plain"}).md5);
  CHECK(now.appup);
  CHECK(now.in_place);
  CHECK(app.error("3.0") == "demo.app: describes version '1.0', not 3.0");
}

TEST_CASE("a path that is not a directory is reported") {
  const TempDir dir;
  const auto file = dir.write("file", "");
  CHECK_THROWS_WITH(load_app_files(dir / "none", demo, "1.0"),
                    (dir / "none").string() + ": no such directory");
  CHECK_THROWS_WITH(load_app_files(file, demo, "1.0"), file.string() + ": is not a directory");
}

TEST_CASE("a .app of another application, of another version, or an invalid one is reported") {
  CHECK(Demo().error("1.1") == "demo.app: describes version '1.0', not 1.1");
  CHECK(Demo(app_text("plain", "1.0", "other")).error() ==
        "demo.app: describes application 'other', not demo");
  CHECK(Demo().error("1.0", Atom{"absent"}) == "absent.app: open: No such file or directory");
  CHECK(Demo("{application, demo\n").error().starts_with("demo.app:2:1: "));
}

TEST_CASE("a beam that is missing, broken or of another module is reported") {
  CHECK(Demo(app_text("plain, gone")).error() == "gone.beam: no such file, but demo.app lists the module");
  CHECK(Demo(app_text("'../plain'")).error() ==
        "demo.app: lists module '../plain', which cannot be a file's name");
  const Demo app;
  app.ebin.write("plain.beam", read_file(golden + "server.beam"));
  CHECK(app.error() == "plain.beam: holds module 'server', not 'plain'");
  const Bytes whole = read_file(golden + "plain.beam");
  for (const BytesView broken : {BytesView(), BytesView("no beam at all"), BytesView(whole).substr(0, 40),
                                 BytesView(whole).substr(0, whole.size() - 20)}) {
    app.ebin.write("plain.beam", broken);
    CHECK(app.error().starts_with("plain.beam: "));
  }
}

TEST_CASE("a broken appup is reported with the position") {
  const Demo app;
  app.ebin.write("demo.appup", "{\"1.0\", [], []\n");
  CHECK(app.error().starts_with("demo.appup:2:1: "));
  app.ebin.write("demo.appup", "{\"0.9\", [], []}.\n");
  CHECK(app.error().starts_with("demo.appup:"));
}

TEST_CASE("a module that is listed twice is read once") {
  CHECK(Demo(app_text("plain, plain, server")).load().beams.size() == 2);
}

TEST_CASE("a directory of consolidated protocols that cannot be read is an error that names it") {
  // root may read everything, so this process stops being root for a moment.
  struct Unprivileged {
    Unprivileged() { REQUIRE(::seteuid(::geteuid() == 0 ? 65534 : ::geteuid()) == 0); }
    ~Unprivileged() { CHECK(::seteuid(::getuid()) == 0); }
  };
  const TempDir root;
  root.write("releases/1/consolidated/Elixir.Enumerable.beam", "no beam");
  root.write("releases/1/shop.rel", "{release, {\"shop\", \"1\"}, {erts, \"13.1\"}, [{demo, \"1.0\"}]}.\n",
             0644);
  root.write("lib/demo-1.0/ebin/demo.app", app_text(""), 0644);
  const auto dir = GENERATE(as<std::string>{}, "releases", "releases/1", "releases/1/consolidated");
  REQUIRE(::chmod(root.path().c_str(), 0755) == 0);
  // It may be entered, but not listed.
  REQUIRE(::chmod((root / dir).c_str(), 0111) == 0);
  const auto load = [&] {
    const Unprivileged meanwhile;
    load_app_files(root / "lib/demo-1.0/ebin", demo, "1.0");
  };
  CHECK_THROWS_MATCHES(load(), SystemError,
                       Catch::Message((root / dir).string() + ": open directory: Permission denied"));
  CHECK(::chmod((root / dir).c_str(), 0755) == 0);
}

TEST_CASE("an application is in the first directory of the path that has its .app file") {
  const TempDir dir;
  for (const char* name : {"one", "two"})
    dir.write(std::string(name) + "/demo.app", "");
  std::filesystem::create_directories(dir / "zero/demo.app");
  const std::vector<std::string> path{(dir / "none").string(), (dir / "zero").string(),
                                      (dir / "two").string(), (dir / "one").string()};
  CHECK(find_ebin(path, demo) == (dir / "two").string());
  CHECK(find_ebin(path, Atom{"other"}) == std::nullopt);
  CHECK(find_ebin({(dir / "one").string()}, Atom{"../two/demo"}) == std::nullopt);
}

TEST_CASE("a file of an application that is too large, or not a file, is not read") {
  const Demo of;
  const auto file = GENERATE(as<std::string>{}, "demo.app", "plain.beam", "demo.appup");
  of.ebin.write(file, "");
  std::filesystem::resize_file(of.ebin / file, std::uintmax_t{1} << 40);
  CHECK(of.error() == file + ": larger than " + (file == "plain.beam" ? "67108864" : "16777216") +
                          " bytes, and therefore not read");
  std::filesystem::remove(of.ebin / file);
  std::filesystem::create_symlink("/dev/zero", of.ebin / file);
  CHECK(of.error() == file + ": read: Invalid argument");
}

TEST_CASE("a directory that a node names leads to no file that its user cannot read") {
  const Demo of;
  const auto error_of_node = [&] {
    try {
      load_app_files(of.ebin.path(), demo, "1.0", NamedBy::node);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(error_of_node() == "no error");
  of.ebin.write("secret", "TopSecret", 0600);
  const std::string app = (of.ebin / "demo.app").string();
  SECTION("through a link of another user") {
    if (::geteuid() != 0) return;
    std::filesystem::remove(app);
    std::filesystem::create_symlink("secret", app);
    REQUIRE(::lchown(app.c_str(), 65534, 65534) == 0);
    CHECK(of.error() == "demo.app:1:1: found variable TopSecret, expected a term");
    CHECK(error_of_node() == app + ": leads through the symbolic link 'demo.app', which is another user's");
  }
  SECTION("by quoting it") {
    std::filesystem::rename(of.ebin / "secret", app);
    CHECK(error_of_node() ==
          of.ebin.path().string() +
              ": cannot be used; the reason is in files that not everyone may read, so it is "
              "only shown if the directories are given as arguments");
    REQUIRE(::chmod(app.c_str(), 0644) == 0);
    CHECK(error_of_node() == app + ":1:1: found variable TopSecret, expected a term");
  }
}
