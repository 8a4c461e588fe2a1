// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "libraries.hpp"

// Tests upgrades of modules that have functions from a library (NIFs, erl_nif(3erl)). The library is compiled
// from tests/live/lab/nif.c.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// The version number in the library of each version: 1.0.0 has 1.
LabRelease zoo(const std::string& vsn, const std::string& kind, const std::string& appup = {}) {
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.modules.front().kind = "plain_app";
  made.modules.push_back({"zoo_nif", kind});
  made.appup = appup;
  return made;
}

/// The library of a version; the versions' numbers are the first digits.
void add_library(Lab& lab, const std::string& vsn, const std::string& take_over = "-DTAKE_OVER=0") {
  const std::string priv = lab.at("zoo", vsn) + "/priv";
  std::filesystem::create_directories(priv);
  make_library(priv + "/zoo_nif.so", vsn.substr(0, 1), take_over);
}

/// Gives one version the beam of the other.
void copy_beam(Lab& lab, const std::string& from, const std::string& to) {
  std::filesystem::copy_file(lab.at("zoo", from) + "/ebin/zoo_nif.beam",
                             lab.at("zoo", to) + "/ebin/zoo_nif.beam",
                             std::filesystem::copy_options::overwrite_existing);
}

void set_up(Lab& lab, const std::string& kind, const std::string& take_over = "-DTAKE_OVER=0",
            const std::string& appup = {}) {
  lab.add(zoo("1.0.0", kind));
  lab.add(zoo("2.0.0", kind, appup));
  add_library(lab, "1.0.0");
  add_library(lab, "2.0.0", take_over);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  if (kind == "opened") lab.ask("ok = zoo_nif:open().");
  // This value keeps a pointer into the first library.
  lab.ask("persistent_term:put(kept, zoo_nif:keep()), lab:mark().");
  REQUIRE(lab.ask("[zoo_nif:vsn(), zoo_nif:kept_vsn(persistent_term:get(kept))].") == "[1,1]");
}

std::string versions(Lab& lab) {
  return lab.ask("lab:await_idle(), [zoo_nif:vsn(), zoo_nif:kept_vsn(persistent_term:get(kept))].");
}

const Ran upgraded{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n", ""};

const Ran restart_is_due{0,
                         upgraded.out +
                             "  remark: NIF libraries that differ, and cannot be replaced while the "
                             "node runs, so that a restart is due: zoo_nif\n",
                         ""};

std::string appup(const std::string& script) {
  return "{\"2.0.0\", [{\"1.0.0\", [" + script + "]}], []}.";
}

}  // namespace

TEST_CASE("nif: a library takes over from the old one, which stays for the resources that it created") {
  Lab lab;
  set_up(lab, "nif");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(versions(lab) == "[2,1]");
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(versions(lab) == "[1,1]");
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("nif: a library without a function to take over is refused before anything changes") {
  Lab lab;
  set_up(lab, "nif", "");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{1, "",
            "erlrc-upgrade: NODE: refused: NIF libraries that do not support an upgrade while the one before "
            "is loaded: zoo_nif\n"
            "  remark: module zoo_nif has NIFs and changed: its library must support an upgrade\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(versions(lab) == "[1,1]");
}

TEST_CASE("nif: if a library refuses to take over, the module is named and everything is rolled back") {
  Lab lab;
  set_up(lab, "nif", "-DTAKE_OVER=7");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: zoo_nif: cannot be loaded: "));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(versions(lab) == "[1,1]");
}

TEST_CASE("nif: the old library is restored if a later step fails") {
  Lab lab;
  set_up(lab, "nif", "-DTAKE_OVER=0", appup("{load_module, zoo_nif}, {apply, {erlang, error, [late]}}"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(versions(lab) == "[1,1]");
}

TEST_CASE("nif: what the new library has created before a rollback can be used after it") {
  Lab lab;
  set_up(lab, "nif", "-DTAKE_OVER=0",
         appup("{load_module, zoo_nif}, {apply, {lab, await_waiting, [maker]}}, "
               "{apply, {erlang, error, [late]}}"));
  lab.ask(
      "register(maker, spawn(fun Wait() -> case zoo_nif:vsn() of"
      " 1 -> erlang:yield(), Wait();"
      " 2 -> Made = zoo_nif:keep(), receive From -> From ! {made_by, zoo_nif:kept_vsn(Made)} end "
      "end end)), lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(versions(lab) == "[1,1]");
  lab.ask("code:purge(zoo_nif).");
  CHECK(lab.ask("maker ! self(), receive {made_by, Vsn} -> Vsn end.") == "2");
}

TEST_CASE("nif: a rollback restores the library that was in use, and no earlier one with its name") {
  Lab lab;
  set_up(lab, "nif", "-DTAKE_OVER=0", appup("{load_module, zoo_nif}, {apply, {erlang, error, [late]}}"));
  for (const std::string number : {"7", "8"}) {
    make_library(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so", number);
    REQUIRE(lab.upgrade("zoo", "1.0.0", "1.0.0").exit == 0);
  }
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
  INFO(lab.node().log());
  CHECK(versions(lab) == "[8,1]");
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") ==
        Ran{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) already_running\n", ""});
}

TEST_CASE("nif: libraries of the same version that replace each other again and again are distinguished") {
  Lab lab;
  set_up(lab, "nif");
  for (const std::string number : {"7", "1", "7", "8", "7", "1"}) {
    make_library(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so", number);
    INFO(number);
    CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0").exit == 0);
    CHECK(versions(lab) == "[" + number + ",1]");
    make_library(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so", number);
    CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0").exit == 0);
    CHECK(versions(lab) == "[" + number + ",1]");
  }
}

TEST_CASE("nif: an application that is removed and installed again has the library that is installed now") {
  Lab lab;
  set_up(lab, "nif");
  make_library(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so", "7");
  REQUIRE(lab.upgrade("zoo", "1.0.0", "1.0.0").exit == 0);
  for (const std::string number : {"7", "8", "1"}) {
    make_library(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so", number);
    REQUIRE(lab.stop("zoo", "1.0.0").exit == 0);
    REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
    CHECK(lab.ask("zoo_nif:vsn().") == number);
  }
}

TEST_CASE("nif: a library that was loaded from a directory that is gone is in sync if it is installed") {
  Lab lab;
  set_up(lab, "nif");
  copy_beam(lab, "1.0.0", "2.0.0");
  make_library(lab.at("zoo", "2.0.0") + "/priv/zoo_nif.so", "1");
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
  std::filesystem::remove_all(lab.at("zoo", "1.0.0"));
  const Ran same = lab.run(node_main, {"compare", lab.node().alive()});
  INFO(same);
  CHECK(same.out.find("zoo_nif") == std::string::npos);
  make_library(lab.at("zoo", "2.0.0") + "/priv/zoo_nif.so", "2");
  CHECK(lab.run(node_main, {"compare", lab.node().alive()}).out.find("zoo_nif") != std::string::npos);
}

TEST_CASE("nif: if a library is missing, the module is named and everything is rolled back") {
  Lab lab;
  set_up(lab, "nif");
  std::filesystem::remove_all(lab.at("zoo", "2.0.0") + "/priv");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: zoo_nif: cannot be loaded: "));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(versions(lab) == "[1,1]");
}

TEST_CASE("nif: a changed module that would lose its NIFs is refused, an unchanged one is skipped") {
  Lab lab;
  set_up(lab, "opened");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(
      ran.err.starts_with("erlrc-upgrade: NODE: refused: changed modules with NIFs and without on_load, "
                          "which would lose them: zoo_nif\n"));
  CHECK(lab.ask("lab:diff().") == "[]");
  copy_beam(lab, "1.0.0", "2.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == restart_is_due);
  CHECK(versions(lab) == "[1,1]");
}

TEST_CASE("nif: the appup may load the library of a changed module") {
  Lab lab;
  set_up(lab, "opened", "-DTAKE_OVER=0", appup("{load_module, zoo_nif}, {apply, {zoo_nif, open, []}}"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(versions(lab) == "[2,1]");
}

TEST_CASE("nif: a call of the appup that does not load the library is reported") {
  Lab lab;
  set_up(lab, "opened", "-DTAKE_OVER=0", appup("{load_module, zoo_nif}, {apply, {erlang, length, [[]]}}"));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: broken: modules that have lost their NIFs: zoo_nif\n"));
  CHECK(ran.err.find("zoo_nif: old code restored, but its NIFs are not loaded\n") != std::string::npos);
}

TEST_CASE("nif: the library of the version before last stays for its resources") {
  Lab lab;
  set_up(lab, "nif");
  copy_beam(lab, "1.0.0", "2.0.0");
  std::filesystem::copy_file(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so",
                             lab.at("zoo", "2.0.0") + "/priv/zoo_nif.so",
                             std::filesystem::copy_options::overwrite_existing);
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
  std::filesystem::remove_all(lab.at("zoo", "1.0.0"));
  lab.add(zoo("3.0.0", "nif"));
  add_library(lab, "3.0.0");
  const Ran ran = lab.upgrade("zoo", "2.0.0", "3.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(versions(lab) == "[3,1]");
}

TEST_CASE("nif: if only the library differs, its module is loaded again, and rolled back with the rest") {
  Lab lab;
  set_up(lab, "nif");
  copy_beam(lab, "1.0.0", "2.0.0");
  SECTION("upgraded and downgraded") {
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
    CHECK(versions(lab) == "[2,1]");
    CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
    CHECK(versions(lab) == "[1,1]");
  }
  SECTION("rolled back") {
    lab.ask("lab:on({code_change, zoo_a}, crash), lab:mark().");
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("lab:diff().") == "[]");
    CHECK(versions(lab) == "[1,1]");
  }
}

TEST_CASE("nif: if only the library differs and cannot take over, a restart is due") {
  Lab lab;
  set_up(lab, "nif", "");
  copy_beam(lab, "1.0.0", "2.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == restart_is_due);
  CHECK(versions(lab) == "[1,1]");
}

TEST_CASE("nif: the same version, rebuilt with another library, is loaded each time") {
  Lab lab;
  set_up(lab, "nif");
  for (const std::string number : {"7", "8"}) {
    make_library(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so", number);
    CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0").exit == 0);
    CHECK(versions(lab) == "[" + number + ",1]");
  }
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") ==
        Ran{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) already_running\n", ""});
}

TEST_CASE("nif: a library is found by the other name of the application's directory") {
  Lab lab;
  lab.add(zoo("1.0.0", "aliased"));
  lab.add(zoo("2.0.0", "aliased"));
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    add_library(lab, vsn);
    const std::filesystem::path dir = lab.at("zoo", vsn);
    std::filesystem::create_directory_symlink(dir.filename(), dir.parent_path() / ("fast_zoo-" + vsn));
  }
  lab.ask("code:add_pathz(\"" + lab.dir().path().string() + "/fast_zoo-1.0.0/ebin\").");
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("persistent_term:put(kept, zoo_nif:keep()).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(versions(lab) == "[2,1]");
  CHECK(lab.ask("filename:basename(code:lib_dir(fast_zoo)).") == "\"fast_zoo-2.0.0\"");
}

TEST_CASE("nif: a library whose file was replaced is upgraded, and the version can come back") {
  Lab lab;
  set_up(lab, "nif");
  add_library(lab, "1.0.0");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  REQUIRE(ran.exit == 0);
  CHECK(versions(lab) == "[2,1]");
  std::filesystem::remove_all(lab.at("zoo", "1.0.0"));
  lab.add(zoo("1.0.0", "nif"));
  add_library(lab, "1.0.0");
  const Ran back = lab.downgrade("zoo", "1.0.0", "2.0.0");
  INFO(back);
  CHECK(back.exit == 0);
  CHECK(versions(lab) == "[1,1]");
}

TEST_CASE("nif: another library with the name of one that is in memory is loaded all the same") {
  Lab lab;
  set_up(lab, "nif");
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  make_library(lab.at("zoo", "1.0.0") + "/priv/zoo_nif.so", "5");
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(versions(lab) == "[5,1]");
  CHECK(lab.ask("filename:basename(code:lib_dir(zoo)).") == "\"zoo-1.0.0\"");
}

TEST_CASE("nif: a module that finds the library of another version is named and everything is rolled back") {
  Lab lab;
  set_up(lab, "elsewhere");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(
      ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: modules that have not loaded the NIF library of "
                          "their version: zoo_nif\n"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(versions(lab) == "[1,1]");
}
