// SPDX-License-Identifier: BSD-3-Clause
#include <fstream>

#include "catch.hpp"
#include "kin.hpp"

// Tests that the node is as before after code of the new version could not be read or loaded.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("a module whose on_load fails is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string how = GENERATE("crash", "{answer, no}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(how);
  Lab lab;
  start_kin(lab, appup);
  fails(lab, "{{on_load, \"2.0.0\"}, kin_loads}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: kin_loads: cannot be loaded: "));
  check_rolled_back(lab);
}

TEST_CASE("an on_load that does not return within the time limit is ended, so that it loads nothing later") {
  const bool there = GENERATE(true, false);
  CAPTURE(there);
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    start_kin(lab, "");
    if (!there) lab.ask("code:purge(kin_loads), code:delete(kin_loads), code:purge(kin_loads), lab:mark().");
    fails(lab, "{{on_load, \"2.0.0\"}, kin_loads}", "{wait, ok}");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  CHECK(
      ran ==
      Ran{1, "",
          "erlrc-upgrade: NODE: rolled_back: kin_loads: cannot be loaded: not done within the time limit\n"});
  lab.ask(
      "lab:release({{on_load, \"2.0.0\"}, kin_loads}),"
      " lab:await(fun() -> process_info(whereis(code_server), monitors) =:= {monitors, []} end).");
  check_rolled_back(lab);
}

TEST_CASE("a module with on_load is put back after the modules that this calls") {
  Lab lab;
  lab.dir().write(
      "kinds/conf.erl",
      "-module(MODULE).\n-vsn(?VSN).\n-if(?VSN =:= \"1.0.0\").\n-export([load/0]).\nload() -> ok.\n"
      "-else.\n-export([load_new/0]).\nload_new() -> ok.\n-endif.\n");
  lab.dir().write("kinds/tab.erl",
                  "-module(MODULE).\n-vsn(?VSN).\n-on_load(run/0).\n-if(?VSN =:= \"1.0.0\").\n"
                  "run() -> zoo_conf:load().\n-else.\nrun() -> zoo_conf:load_new().\n-endif.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_keep"});
    made.modules.push_back({"zoo_conf", (lab.dir() / "kinds/conf").string()});
    made.modules.push_back({"zoo_tab", (lab.dir() / "kinds/tab").string()});
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("{module, _} = code:ensure_loaded(zoo_tab), lab:mark(), lab:on({code_change, zoo_keep}, crash).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "rolled_back: code_change failed: "));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("broken files of the new version change nothing") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  Lab lab;
  start_kin(lab, appup);
  const std::filesystem::path beam = lab.at("kin", "2.0.0") + "/ebin/kin_statem.beam";
  const std::filesystem::path kept = lab.at("kin", "2.0.0") + "/kept";
  std::filesystem::copy_file(beam, kept);
  Ran ran;
  SECTION("a beam is missing") {
    std::filesystem::remove(beam);
    ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  }
  SECTION("a beam is empty") {
    std::filesystem::resize_file(beam, 0);
    ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  }
  SECTION("a beam is truncated") {
    std::filesystem::resize_file(beam, std::filesystem::file_size(beam) / 2);
    ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  }
  SECTION("a beam has code that no emulator accepts") {
    std::string bytes(std::filesystem::file_size(beam), '\0');
    std::ifstream(beam, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto code = bytes.find("Code");
    REQUIRE(code != std::string::npos);
    for (std::size_t i = code + 28; i < code + 60; ++i)
      bytes[i] = '\xff';
    std::ofstream(beam, std::ios::binary) << bytes;
    ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  }
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("kin_statem") != std::string::npos);
  std::filesystem::copy_file(kept, beam, std::filesystem::copy_options::overwrite_existing);
  check_rolled_back(lab);
}
