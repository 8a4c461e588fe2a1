// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Which code is an application's: what lies in its directory, listed or not, and what it has made itself.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// Rewrites the .app file of a version by an Erlang function of its keys.
void change_keys(Lab& lab, const std::string& app, const std::string& vsn, const std::string& function) {
  const std::string file = lab.at(app, vsn) + "/ebin/" + app + ".app";
  const std::string done = lab.ask("File = \"" + file +
                                   "\", {ok, [{application, App, Keys}]} = file:consult(File), "
                                   "F = " +
                                   function +
                                   ", file:write_file(File, io_lib:format(\"~tp.~n\", "
                                   "[{application, App, F(Keys)}])).");
  REQUIRE(done == "ok");
}

const Ran upgraded{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n", ""};

}  // namespace

TEST_CASE("code: modules that the .app file does not list are upgraded and unloaded, and named") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    lab.add(servers("zoo", vsn, {"zoo_a"}));
    change_keys(lab, "zoo", vsn, "fun(Keys) -> lists:keyreplace(modules, 1, Keys, {modules, []}) end");
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  CHECK(ran.exit == 0);
  CHECK(ran.out + ran.err ==
        "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\n"
        "  remark: module zoo_a has a .beam file and is not listed in the .app file\n"
        "  remark: module zoo_app has a .beam file and is not listed in the .app file\n"
        "  remark: module zoo_sup has a .beam file and is not listed in the .app file\n");
  CHECK(lab.ask("[filename:basename(filename:dirname(filename:dirname(code:which(M)))) || M <- [zoo_a, "
                "zoo_sup]].") == "[\"zoo-2.0.0\",\"zoo-2.0.0\"]");
  CHECK(lab.stop("zoo", "2.0.0").exit == 0);
  CHECK(lab.ask("[M || M <- [zoo_a, zoo_app, zoo_sup], erlang:module_loaded(M)].") == "[]");
}

TEST_CASE("code: a module that has moved to another application stays, whichever comes first") {
  Lab lab;
  // guest_b moves from zoo to other.
  LabRelease zoo1 = servers("zoo", "1.0.0", {"zoo_a"});
  zoo1.modules.push_back({"moved", "plain"});
  LabRelease other2 = servers("other", "2.0.0", {"other_a"});
  other2.modules.push_back({"moved", "plain"});
  lab.add(zoo1);
  lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  lab.add(servers("other", "1.0.0", {"other_a"}));
  lab.add(other2);
  REQUIRE(lab.start("other", "1.0.0").exit == 0);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  REQUIRE(lab.upgrade("other", "1.0.0", "2.0.0").exit == 0);
  SECTION("the old owner is upgraded") {
    REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  }
  SECTION("the old owner is removed") {
    REQUIRE(lab.stop("zoo", "1.0.0").exit == 0);
  }
  CHECK(lab.ask("erlang:module_loaded(moved).") == "true");
}

TEST_CASE("code: what the application has made while it ran stays as it is") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease release = servers("zoo", vsn, {"zoo_a"});
    release.modules.push_back({"zoo_options", "plain"});
    lab.add(release);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(
      "{ok, M, Code} = compile:forms([{attribute, 1, module, zoo_options}, {attribute, 2, export, [{made, "
      "0}]}, "
      "{function, 3, made, 0, [{clause, 3, [], [], [{atom, 3, yes}]}]}]), {module, M} = code:load_binary(M, "
      "\"zoo_options\", Code).");
  SECTION("another version") {
    const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
    CHECK(ran ==
          Ran{0,
              upgraded.out + "  remark: code that was made while the node ran stays as it is: zoo_options\n",
              ""});
  }
  SECTION("the same version") {
    CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") ==
          Ran{0, "erlrc-upgrade: Upgrading 'zoo': (NODE) already_running\n", ""});
  }
  CHECK(lab.ask("zoo_options:made().") == "yes");
}

TEST_CASE("code: an application that is called while it is removed stays away") {
  Lab lab;
  LabRelease release = servers("zoo", "1.0.0", {"zoo_a"});
  release.modules.push_back({"zoo_called", "plain"});
  lab.add(release);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask(
      "F = fun F() -> catch zoo_called:module_info(md5), F() end, persistent_term:put(caller, spawn(F)).");
  CHECK(lab.stop("zoo", "1.0.0").exit == 0);
  CHECK(lab.ask("erlang:module_loaded(zoo_called).") == "false");
  lab.ask("exit(persistent_term:get(caller), kill).");
}

TEST_CASE("code: what an application has loaded while it was stopped is unloaded, too") {
  Lab lab;
  LabRelease release = servers("zoo", "1.0.0", {"zoo_a"});
  release.modules.push_back({"zoo_last", "plain"});
  lab.add(release);
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("code:delete(zoo_last), lab:on({stop, zoo}, {call, {zoo_last, module_info, []}}).");
  REQUIRE(lab.ask("erlang:module_loaded(zoo_last).") == "false");
  CHECK(lab.stop("zoo", "1.0.0").exit == 0);
  CHECK(lab.ask("erlang:module_loaded(zoo_last).") == "false");
}

TEST_CASE("code: a module that stays finds the directory of the version that runs by its own file") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease release = servers("zoo", vsn, {"zoo_a"});
    release.modules.push_back({"zoo_asks", "asks"});
    lab.add(release);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  SECTION("upgraded") {
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
    CHECK(lab.ask("zoo_asks:dir().") == "\"zoo-2.0.0\"");
  }
  SECTION("rolled back") {
    lab.ask("lab:on({code_change, zoo_a}, crash).");
    CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("zoo_asks:dir().") == "\"zoo-1.0.0\"");
    CHECK(lab.ask("lab:diff().") == "[]");
  }
}

namespace {

/// Both versions with the module zoo_lib; 1.0.0 runs, and `expressions` load zoo_lib otherwise.
void load_otherwise(Lab& lab, const std::string& expressions) {
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease release = servers("zoo", vsn, {"zoo_a"});
    release.modules.push_back({"zoo_lib", "plain"});
    lab.add(release);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("Ebin = \"" + lab.at("zoo", "1.0.0") +
          "/ebin\", {ok, Beam} = file:read_file(Ebin ++ \"/zoo_lib.beam\"), " + expressions +
          ", code:purge(zoo_lib), lab:mark().");
}

}  // namespace

TEST_CASE("code: modules in sticky directories, or compiled for cover, are refused before anything changes") {
  Lab lab;
  const auto [how, why] = GENERATE(table<std::string, std::string>(
      {{"code:stick_dir(Ebin)",
        "in sticky directories; see unstick_dir in code(3erl): zoo_a, zoo_lib, zoo_sup"},
       {"{module, _} = code:load_binary(zoo_lib, cover_compiled, Beam)",
        "compiled for cover(3erl), so that cover has to be stopped first: zoo_lib"}}));
  load_otherwise(lab, how);
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == Ran{1, "", "erlrc-upgrade: NODE: refused: " + why + "\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("code:unstick_dir(\"" + lab.at("zoo", "1.0.0") + "/ebin\").");
}

TEST_CASE("code: a directory of patches that a restart would use again is named") {
  Lab lab;
  load_otherwise(lab,
                 "Dir = filename:dirname(code:lib_dir(zoo)) ++ \"/patches\", file:make_dir(Dir), "
                 "ok = file:write_file(Dir ++ \"/zoo_lib.beam\", Beam), code:add_patha(Dir), "
                 "{module, _} = code:load_file(zoo_lib)");
  CHECK(
      lab.upgrade("zoo", "1.0.0", "2.0.0") ==
      Ran{0,
          upgraded.out +
              "  remark: other directories of the code path have modules of their own, which a restart would "
              "load again: zoo_lib in LAB/patches\n",
          ""});
  CHECK(lab.ask("zoo_lib:vsn().") == "\"2.0.0\"");
}

TEST_CASE("code: an upgrade whose files are others in the node than they were for the plan is rolled back") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  lab.add(servers("zoo", "2.0.0", {"zoo_a"}));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded);
  // The planner knows where dpkg puts the files that it is replacing. The code server of a node does not.
  namespace fs = std::filesystem;
  const fs::path dir = lab.at("zoo", "1.0.0") + "/ebin", other = lab.at("zoo", "2.0.0") + "/ebin";
  for (const std::string file : {"zoo.app", "zoo_a.beam", "zoo_app.beam", "zoo_sup.beam"}) {
    fs::rename(dir / file, dir / (file + ".dpkg-tmp"));
    fs::copy_file(other / file, dir / file);
  }
  lab.ask("lab:mark().");
  const Ran ran = lab.downgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.find(
            "rolled_back: modules whose files have changed since the plan was made: zoo_sup, zoo_a;") !=
        std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("gen_server:call(zoo_a, vsn).") == "{\"2.0.0\",\"2.0.0\"}");
}
