// SPDX-License-Identifier: BSD-3-Clause
#include <filesystem>

#include "catch.hpp"
#include "lab.hpp"
#include "libraries.hpp"

// Tests `erlrc-node compare`: what a node runs and what is on disk.

using namespace erlrc;
using namespace erlrc::test;

namespace {

std::string compared(Lab& lab) {
  const Ran ran = lab.run(node_main, {"compare", lab.node().alive()});
  CHECK(ran.err == "");
  CHECK(ran.exit == (ran.out.find(" in sync: ") == std::string::npos ? 1 : 0));
  // Without the numbers of modules and libraries, which are those of the node.
  const auto line = ran.out.find('\n') + 1;
  return line < ran.out.size() ? ran.out.substr(line) : "in sync\n";
}

LabRelease zoo(const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.modules.push_back({"zoo_nif", "nif"});
  made.modules.push_back({"zoo_lib", "plain"});
  return made;
}

void set_up(Lab& lab) {
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    lab.add(zoo(vsn));
    std::filesystem::create_directories(lab.at("zoo", vsn) + "/priv");
    make_library(lab.at("zoo", vsn) + "/priv/zoo_nif.so", vsn.substr(0, 1));
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  REQUIRE(compared(lab) == "in sync\n");
}

}  // namespace

TEST_CASE("compare: a node is in sync after an upgrade and after a rollback") {
  Lab lab;
  set_up(lab);
  SECTION("upgraded, and the old version removed") {
    REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
    std::filesystem::remove_all(lab.at("zoo", "1.0.0"));
    lab.ask("lab:await_idle().");
  }
  SECTION("rolled back") {
    lab.ask("lab:on({code_change, zoo_a}, crash).");
    REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
  }
  CHECK(compared(lab) == "in sync\n");
}

TEST_CASE("compare: files that were replaced while the node ran are named") {
  Lab lab;
  set_up(lab);
  const std::string ebin = lab.at("zoo", "1.0.0") + "/ebin/", priv = lab.at("zoo", "1.0.0") + "/priv/";
  std::string expected;
  SECTION("a module") {
    std::filesystem::copy_file(lab.at("zoo", "2.0.0") + "/ebin/zoo_a.beam", ebin + "zoo_a.beam",
                               std::filesystem::copy_options::overwrite_existing);
    expected = "  other code is in LAB/zoo-1.0.0/ebin: zoo_a\n";
  }
  SECTION("a module is gone") {
    std::filesystem::remove(ebin + "zoo_a.beam");
    expected = "  no longer in LAB/zoo-1.0.0/ebin: zoo_a\n";
  }
  SECTION("another directory comes first") {
    lab.ask("code:add_patha(\"" + lab.at("zoo", "2.0.0") + "/ebin\").");
    expected =
        "  the code path leads to other code in LAB/zoo-2.0.0/ebin: zoo_a, zoo_lib, zoo_nif, zoo_sup\n"
        "  uses a NIF library that is not installed, loaded as LAB/zoo-1.0.0/priv/zoo_nif.so: zoo_nif\n";
  }
  SECTION("a library") {
    make_library(priv + "zoo_nif.so", "7");
    expected =
        "  uses a NIF library that is not installed, loaded as LAB/zoo-1.0.0/priv/zoo_nif.so: zoo_nif\n";
  }
  SECTION("a library, by the same one") {
    make_library(priv + "zoo_nif.so", "1");
    expected = "in sync\n";
  }
  CHECK(compared(lab) == expected);
}

TEST_CASE("compare: code of cover, made code and old code") {
  Lab lab;
  set_up(lab);
  std::string expected = "in sync\n";
  SECTION("made") {
    lab.ask(
        "{ok, M, Code} = compile:forms([{attribute, 1, module, zoo_a}]), {module, M} = "
        "code:load_binary(M, \"made\", Code), code:purge(M).");
  }
  SECTION("compiled for cover") {
    // As cover:compile/1 loads it; not each release in the tests has the application tools.
    lab.ask(
        "{_, Beam, _} = code:get_object_code(zoo_sup), {module, _} = code:load_binary(zoo_sup, "
        "cover_compiled, Beam), code:purge(zoo_sup).");
    expected = "  compiled for cover, instead of the code in LAB/zoo-1.0.0/ebin: zoo_sup\n";
  }
  SECTION("old code") {
    lab.ask(
        "register(lingers, spawn(zoo_lib, linger, [])), lab:await_rest(whereis(lingers)), {module, _} = "
        "code:load_file(zoo_lib).");
    expected = "  processes still run code from before the last change: zoo_lib\n";
  }
  CHECK(compared(lab) == expected);
  lab.ask("[code:purge(M) || M <- [zoo_a, zoo_lib, zoo_sup]], {module, _} = code:load_file(zoo_sup).");
}
