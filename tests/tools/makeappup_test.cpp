// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <algorithm>

#include <erlrc/app/appup.hpp>
#include <erlrc/sys/file.hpp>

#include "host.hpp"
#include "paths.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// An application with the versions 1.0 and 2.0, whose modules differ.
struct TwoVersions {
  TwoVersions()
      : earlier(host.add_app("egerl", "1.0", {"plain", "server"})),
        later(host.add_app("egerl", "2.0", {"plain", "server"})) {}
  Ran run(std::vector<std::string> options = {}) const {
    for (const std::string& arg :
         {std::string("egerl"), std::string("1.0"), std::string("2.0"), earlier, later})
      options.push_back(arg);
    return host.run(makeappup_main, std::move(options));
  }
  Host host;
  std::string earlier;
  std::string later;
};

}  // namespace

TEST_CASE("erlrc-makeappup prints an appup of the later version for both directions") {
  const TwoVersions two;
  const Ran ran = two.run();
  CHECK(ran.exit == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.ends_with(".\n"));
  const Appup appup = parse_appup(ran.out, "made", "2.0");
  REQUIRE(appup.up.size() == 1);
  REQUIRE(appup.down.size() == 1);
  CHECK(appup.up[0].vsn == VsnPattern{"1.0", false});
  CHECK(appup.down[0].vsn == VsnPattern{"1.0", false});
  CHECK(!appup.up[0].instructions.empty());
  CHECK(!appup.down[0].instructions.empty());
}

TEST_CASE("erlrc-makeappup --compatible generates the appup of the erlrc of 2008") {
  const Ran ran = TwoVersions().run({"--compatible"});
  CHECK(ran.exit == 0);
  CHECK(parse_appup(ran.out, "made", "2.0").up.at(0).instructions ==
        std::vector<Term>{
            tuple(Atom{"load_module"}, Atom{"plain"}),
            tuple(Atom{"update"}, Atom{"server"}, Atom{"infinity"}, tuple(Atom{"advanced"}, list()),
                  Atom{"brutal_purge"}, Atom{"brutal_purge"}, list())});
}

TEST_CASE("erlrc-makeappup --verbose prints remarks besides the appup") {
  const Host host;
  const std::string earlier = host.add_app("egerl", "1.0", {"nif_only"});
  const std::string later = host.add_app("egerl", "2.0", {"nif_only"});
  const Ran quiet = host.run(makeappup_main, {"egerl", "1.0", "2.0", earlier, later});
  const Ran verbose = host.run(makeappup_main, {"--verbose", "egerl", "1.0", "2.0", earlier, later});
  CHECK(quiet.err.empty());
  CHECK(verbose.out == quiet.out);
  CHECK(verbose.err.starts_with("erlrc-makeappup: up: nif_only "));
  CHECK(verbose.err.find("\nerlrc-makeappup: down: nif_only ") != std::string::npos);
}

TEST_CASE("erlrc-makeappup --check reports whether a shipped appup is complete") {
  const TwoVersions two;
  const auto ship = [&](const std::string& appup) {
    two.host.dir().write("egerl-2.0/ebin/egerl.appup", appup);
  };
  const std::vector<std::string> short_call{"--check", "egerl", "1.0", "2.0", two.later};
  CHECK(two.host.run(makeappup_main, short_call) ==
        Ran{0, "egerl ships no .appup: one is made when it is upgraded\n", ""});
  ship(two.run().out);
  const Ran good{0, "egerl.appup leads from 1.0 to 2.0 and back\n", ""};
  CHECK(two.host.run(makeappup_main, short_call) == good);
  CHECK(two.run({"--check"}) == good);

  ship(R"({"2.0", [{<<"1\\..*">>, [{load_module, plain}]}], [{"0.9", []}]}.)");
  CHECK(two.host.run(makeappup_main, short_call) ==
        Ran{1, "", "erlrc-makeappup: egerl.appup: back to 1.0: no entry\n"});
  CHECK(two.run({"--check"}) ==
        Ran{1, "",
            "erlrc-makeappup: egerl.appup: from 1.0: module server differs, but no instruction changes it\n"
            "erlrc-makeappup: egerl.appup: back to 1.0: no entry\n"});
  ship(R"({"2.0", [{"1.0", [{laod_module, plain}]}], [{"1.0", [restart_new_emulator]}]}.)");
  const Ran ran = two.run({"--check"});
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-makeappup: egerl.appup: from 1.0: "));
  CHECK(ran.err.find("laod_module") != std::string::npos);
  CHECK(std::ranges::count(ran.err, '\n') == 1);
}

TEST_CASE("erlrc-makeappup --check fails for modules that the .app does not list") {
  const TwoVersions two;
  two.host.dir().write("egerl-2.0/ebin/egerl.app",
                       "{application, egerl, [{vsn, \"2.0\"}, {modules, [plain]}]}.");
  CHECK(two.run({"--check"}) ==
        Ran{1, "", "erlrc-makeappup: egerl.app: module server has a .beam file and is not listed\n"});
}

TEST_CASE("erlrc-makeappup --check fails for a changed record that nothing converts") {
  const TwoVersions two;
  for (const std::string vsn : {"1", "2"}) {
    const std::string ebin = "egerl-" + vsn + ".0/ebin/";
    two.host.dir().write(ebin + "holder.beam",
                         read_file(in_source("tests/golden/shapes/otp25/holder_" + vsn + ".beam")));
    two.host.dir().write(ebin + "egerl.app", "{application, egerl, [{vsn, \"" + vsn +
                                                 ".0\"}, {modules, [plain, server, holder]}]}.");
  }
  CHECK(two.run({"--check"}) == Ran{0, "egerl ships no .appup: one is made when it is upgraded\n", ""});
  const std::string instructions = "[{load_module, plain}, {load_module, server}, {load_module, holder}]";
  two.host.dir().write("egerl-2.0/ebin/egerl.appup",
                       "{\"2.0\", [{\"1.0\", " + instructions + "}], [{\"1.0\", " + instructions + "}]}.");
  CHECK(
      two.run({"--check"}) ==
      Ran{1, "",
          "erlrc-makeappup: egerl.appup: from 1.0: module holder: record state has 2 fields and gets 3, the "
          "struct gets the key more, and no instruction converts its processes\n"
          "erlrc-makeappup: egerl.appup: back to 1.0: module holder: record state has 3 fields and gets 2, "
          "and no instruction converts its processes\n"});
}

TEST_CASE("erlrc-makeappup --check --verbose explains what happens to each module, both ways") {
  const TwoVersions two;
  const Ran ran = two.run({"--check", "--verbose"});
  CHECK(ran.exit == 0);
  CHECK(ran.out == "egerl ships no .appup: one is made when it is upgraded\n");
  // Its -vsn is the same in both versions.
  const std::string kept = "loaded while its processes are suspended; they keep their states\n";
  CHECK(ran.err ==
        "erlrc-makeappup: egerl: from 1.0: plain: changed: loaded, and no state is converted\n"
        "erlrc-makeappup: egerl: from 1.0: server: changed: " +
            kept +
            "erlrc-makeappup: egerl: back to 1.0: plain: changed: loaded, and no state is converted\n"
            "erlrc-makeappup: egerl: back to 1.0: server: changed: " +
            kept);
  two.host.dir().write("egerl-2.0/ebin/egerl.appup", R"({"2.0", [{"1.0", [{load_module, server}]}], []}.)");
  CHECK(two.run({"--check", "--verbose"}).err ==
        "erlrc-makeappup: egerl.appup: from 1.0: plain: changed: no instruction changes it, so the old code "
        "keeps running\n"
        "erlrc-makeappup: egerl.appup: from 1.0: server: changed: loaded, and no state is converted\n"
        "erlrc-makeappup: egerl.appup: from 1.0: module plain differs, but no instruction changes it\n"
        "erlrc-makeappup: egerl.appup: back to 1.0: no entry\n");
}

TEST_CASE("erlrc-makeappup --extend adds missing entries for the version to a shipped appup") {
  const TwoVersions two;
  two.host.dir().write("egerl.appup", "% By hand.\n{\"2.0\", [{<<\"1\\\\..*\">>, []}], []}.  % end\n");
  const std::string file = two.host.dir() / "egerl.appup";
  const Ran ran = two.run({"--extend", file});
  CHECK(ran.exit == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out.starts_with("% By hand.\n{\"2.0\", [{<<\"1\\\\..*\">>, []}], [{\"1.0\","));
  CHECK(ran.out.ends_with("]}]}.  % end\n"));
  const Appup extended = parse_appup(ran.out, "extended", "2.0");
  CHECK(extended.up == std::vector<AppupEntry>{{{"1\\..*", true}, {}}});
  CHECK(extended.down == parse_appup(two.run().out, "made", "2.0").down);
  CHECK(read_file(file).ends_with(", [{<<\"1\\\\..*\">>, []}], []}.  % end\n"));

  const Ran verbose = two.run({"--verbose", "--extend", file});
  CHECK(verbose.out == ran.out);
  CHECK(verbose.err ==
        "erlrc-makeappup: up: the entry for <<\"1\\\\..*\">> of HOST/egerl.appup is for 1.0\n"
        "erlrc-makeappup: down: an entry for 1.0 is added\n");
  CHECK(parse_appup(two.run({"--compatible", "--extend", file}).out, "extended", "2.0").down ==
        parse_appup(two.run({"--compatible"}).out, "made", "2.0").down);
  CHECK(two.run({"--check", "--extend", file}).exit == 2);
}

TEST_CASE("erlrc-makeappup --extend reports a bad file with the position, and prints nothing else") {
  const TwoVersions two;
  const auto error = [&](const std::string& text) {
    two.host.dir().write("egerl.appup", text);
    const Ran ran = two.run({"--extend", two.host.dir() / "egerl.appup"});
    CHECK(ran.exit == 1);
    CHECK(ran.out.empty());
    return ran.err;
  };
  const std::string file = "erlrc-makeappup: HOST/egerl.appup:";
  CHECK(error("{\"2.0\",\n [},\n []}.") == file + "2:3: found '}', expected a term\n");
  CHECK(error("{\"1.9\", [], []}.") ==
        file + "1:1: found {\"1.9\",[],[]}, expected {\"2.0\", UpFrom, DownTo}\n");
  CHECK(error("{\"2.0\", [{\"1.9\", none}], []}.") ==
        file + "1:1: found {\"1.9\",none}, expected {Vsn, Instructions}\n");
  CHECK(error("{\"2.0\", [],\n \"\"}.") == file + "2:2: found a string, expected '['\n");
  CHECK(two.run({"--extend", two.host.dir() / "none"}) ==
        Ran{1, "", "erlrc-makeappup: HOST/none: open: No such file or directory\n"});
}

TEST_CASE("erlrc-makeappup reports bad files in one line") {
  const TwoVersions two;
  CHECK(two.host.run(makeappup_main, {"egerl", "1.0", "2.1", two.earlier, two.later}) ==
        Ran{1, "", "erlrc-makeappup: HOST/egerl-2.0/ebin/egerl.app: describes version '2.0', not 2.1\n"});
  CHECK(two.host.run(makeappup_main, {"egerl", "1.0", "2.0", two.earlier, "/nowhere"}) ==
        Ran{1, "", "erlrc-makeappup: /nowhere/ebin: no such directory\n"});
  CHECK(two.host.run(makeappup_main, {"egerl", "1.0", "2.0", two.later}).exit == 2);
  CHECK(two.host.run(makeappup_main, {"Egerl", "1.0", "2.0", two.earlier, two.later}).exit == 2);
}
