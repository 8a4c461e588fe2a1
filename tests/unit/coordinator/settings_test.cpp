// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/settings.hpp>

#include "catch.hpp"
#include "temp_dir.hpp"

using namespace erlrc;
using namespace erlrc::test;
using Texts = std::vector<std::string>;

TEST_CASE("settings are read, of all, of nodes and of packages") {
  Settings settings;
  CHECK(
      read_settings("# of all\nhooks = off\n timeout=1.5\n\npreflight = leave\npreflight_timeout = 3\n"
                    "on_refusal = restart\npurge = wait=2\nengine = otp\n"
                    "[node a@b]\nhooks = off\non_refusal = leave\n[ package  egerl ]\non_refusal = refuse\n",
                    "erlrc.conf", settings) == Texts{});
  CHECK(
      settings ==
      Settings{.hooks = false,
               .timeout = milliseconds(1500),
               .preflight = PreflightMode::leave,
               .preflight_timeout = milliseconds(3000),
               .on_refusal = OnRefusal::restart,
               .policy = {.old_code = Policy::OldCode::wait, .wait_ms = 2000, .engine = Policy::Engine::otp},
               .nodes = {{"a@b", {false, OnRefusal::leave}}},
               .packages = {{"egerl", {{}, OnRefusal::refuse}}}});
}

TEST_CASE("a line that cannot be read is one warning with its place, and nothing else is lost") {
  const auto [text, warning] = GENERATE(table<std::string, std::string>({
      {"  timeout = soon\n", "f:1:13: timeout: expected a positive number of seconds, got 'soon'"},
      {"\nhooks = maybe\n", "f:2:9: hooks: 'maybe': expected on or off"},
      {"on_refusal = go\n", "f:1:14: on_refusal: 'go': expected refuse, leave or restart"},
      {"purge = never\n", "f:1:9: purge: 'never': expected refuse, wait, wait=SECONDS, kill or kill=SECONDS"},
      {"records = x\n", "f:1:11: records: 'x': expected refuse or report"},
      {"pause = 1\n", "f:1:9: pause: expected a number of milliseconds from 2 to 3600000, got '1'"},
      {"stranded =\n", "f:1:1: stranded: '': expected unreached, report or refuse"},
      {"hooks\n", "f:1:1: expected key = value"},
      {"colour = red\n", "f:1:1: there is no setting 'colour'"},
      {"[nodes a]\nhooks = off\n", "f:1:1: expected [node NAME] or [package NAME]; the section is skipped"},
      {"[node]\n", "f:1:1: expected [node NAME] or [package NAME]; the section is skipped"},
      {"[node a]\ntimeout = 5\n", "f:2:1: a section has no setting 'timeout', only hooks and on_refusal"},
      {"[node a]\nhooks = 1\n", "f:2:1: hooks: '1': expected on or off"},
  }));
  CAPTURE(text);
  Settings settings;
  CHECK(read_settings(text + "[node z]\nhooks = off\n", "f", settings) == Texts{warning});
  CHECK(settings.hooks);
  CHECK_FALSE(settings.hooks_of_node("z"));
}

TEST_CASE("a package's reaction to a refusal comes before the node's, and that before the one of all") {
  Settings settings;
  settings.on_refusal = OnRefusal::restart;
  CHECK(settings.on_refusal_of("n", "p") == OnRefusal::restart);
  settings.nodes["n"].on_refusal = OnRefusal::leave;
  CHECK(settings.on_refusal_of("n", "p") == OnRefusal::leave);
  CHECK(settings.on_refusal_of("m", "p") == OnRefusal::restart);
  settings.packages["p"].on_refusal = OnRefusal::refuse;
  CHECK(settings.on_refusal_of("n", "p") == OnRefusal::refuse);
  CHECK(settings.on_refusal_of("n", "q") == OnRefusal::leave);
}

TEST_CASE("the environment comes before APT's configuration, and that before the file") {
  const TempDir dir;
  const ScopedEnvironment root("ERLRC_ROOT", dir.path().c_str());
  CHECK(load_settings().settings == Settings{});
  dir.write("erlrc.conf", "timeout = 1\npreflight = off\non_refusal = leave\n");
  CHECK(load_settings().settings.timeout == milliseconds(1000));
  const std::map<std::string, std::string> of_run{{"timeout", "2"}, {"preflight", "refuse"}};
  CHECK(load_settings(of_run).settings.timeout == milliseconds(2000));
  const ScopedEnvironment timeout("ERLRC_TIMEOUT", "3"), other("ERLRC_ON_REFUSAL", "perhaps");
  const LoadedSettings loaded = load_settings(of_run);
  CHECK(loaded.settings.timeout == milliseconds(3000));
  CHECK(loaded.settings.preflight == PreflightMode::refuse);
  CHECK(loaded.settings.on_refusal == OnRefusal::leave);
  CHECK(loaded.warnings == Texts{"ERLRC_ON_REFUSAL: 'perhaps': expected refuse, leave or restart"});
}

TEST_CASE("a file that cannot be read is a warning") {
  const TempDir dir;
  const ScopedEnvironment root("ERLRC_ROOT", dir.path().c_str());
  std::filesystem::create_directory(dir / "erlrc.conf");
  const LoadedSettings loaded = load_settings();
  CHECK(loaded.settings == Settings{});
  REQUIRE(loaded.warnings.size() == 1);
  CHECK_THAT(loaded.warnings.front(), Catch::Contains("erlrc.conf"));
}
