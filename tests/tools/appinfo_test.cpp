// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <erlrc/sys/file.hpp>

#include "host.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A directory with two applications; `alpha` needs `zulu`.
struct TwoApps {
  TwoApps() {
    write("alpha", R"({application, alpha, [{vsn, "1.0"}, {applications, [kernel, zulu, ssl]},
                       {included_applications, [inner]}, {optional_applications, [ssl]}]}.)");
    write("zulu", R"({application, zulu, [{vsn, "git"}, {applications, [kernel]}]}.)");
  }
  std::string file(const std::string& app) const { return host.dir() / (app + ".app"); }
  void write(const std::string& app, const std::string& text) const {
    write_file_atomically(file(app), text, 0644);
  }
  Ran run(std::vector<std::string> args) const { return host.run(appinfo_main, std::move(args)); }
  Host host;
};

}  // namespace

TEST_CASE("erlrc-appinfo prints the lines of a control member, dependencies first") {
  const TwoApps apps;
  CHECK(apps.run({apps.file("alpha"), apps.file("zulu")}) == Ran{0, "zulu git HOST\nalpha 1.0 HOST\n", ""});
}

TEST_CASE("erlrc-appinfo --json prints the dependencies of each application") {
  const TwoApps apps;
  const Ran ran = apps.run({"--json", apps.file("alpha")});
  CHECK(ran.exit == 0);
  CHECK(nlohmann::json::parse(ran.out) == nlohmann::json::array({{{"name", "alpha"},
                                                                  {"vsn", "1.0"},
                                                                  {"ebin", "HOST"},
                                                                  {"start", true},
                                                                  {"applications", {"kernel", "zulu", "ssl"}},
                                                                  {"included_applications", {"inner"}},
                                                                  {"optional_applications", {"ssl"}}}}));
}

TEST_CASE("erlrc-appinfo --start prints the applications that a package starts by default") {
  const TwoApps apps;
  apps.write("alpha_plugin", R"({application, alpha_plugin, [{vsn, "1"}, {applications, [alpha]}]}.)");
  apps.write("alpha_tool", R"({application, alpha_tool, [{vsn, "1"}, {applications, [alpha]}]}.)");
  std::vector<std::string> args{"--start"};
  for (const char* app : {"alpha_tool", "alpha", "alpha_plugin", "zulu"})
    args.push_back(apps.file(app));
  CHECK(apps.run(args) == Ran{0, "zulu\nalpha\n", ""});
  args.front() = "--json";
  std::vector<bool> starts;
  for (const auto& app : nlohmann::json::parse(apps.run(args).out))
    starts.push_back(app["start"]);
  CHECK(starts == std::vector<bool>{true, true, false, false});
  CHECK(apps.run({"--start", "--json", apps.file("zulu")}).exit == 2);
}

TEST_CASE("erlrc-appinfo --rpm prints what a package with the files declares") {
  const TwoApps apps;
  const std::vector<std::string> both{apps.file("alpha"), apps.file("zulu")};
  const auto rpm = [&](const std::string& kind) { return apps.run({"--rpm", kind, both[0], both[1]}); };
  CHECK(rpm("provides") == Ran{0, "erlang-app(zulu) = git\nerlang-app(alpha) = 1.0\n", ""});
  CHECK(rpm("requires") == Ran{0, "erlang-app(inner)\nerlang-app(kernel)\n", ""});
  CHECK(rpm("recommends") == Ran{0, "erlang-app(ssl)\n", ""});
  CHECK(rpm("conflicts").exit == 2);
  // In rpm, a hyphen separates version and release.
  apps.write("zulu", R"({application, zulu, [{vsn, "1.0-rc1"}]}.)");
  CHECK(apps.run({"--rpm", "provides", apps.file("zulu")}).out == "erlang-app(zulu)\n");
}

TEST_CASE("erlrc-appinfo prints applications that need each other") {
  const TwoApps apps;
  apps.write("zulu", R"({application, zulu, [{vsn, "2"}, {applications, [alpha]}]}.)");
  CHECK(apps.run({apps.file("zulu"), apps.file("alpha")}).out == "alpha 1.0 HOST\nzulu 2 HOST\n");
}

TEST_CASE("erlrc-appinfo reports bad files in one line") {
  const TwoApps apps;
  CHECK(apps.run({}).exit == 2);
  CHECK(apps.run({apps.file("gone")}) ==
        Ran{1, "", "erlrc-appinfo: HOST/gone.app: open: No such file or directory\n"});
  apps.write("other", R"({application, zulu, [{vsn, "1"}]}.)");
  CHECK(apps.run({apps.file("other")}) ==
        Ran{1, "", "erlrc-appinfo: HOST/other.app: describes application 'zulu', not other\n"});
  apps.write("other", R"({application, other, [{vsn, "1 2"}]}.)");
  CHECK(
      apps.run({apps.file("other")}) ==
      Ran{1, "",
          "erlrc-appinfo: HOST/other.app: version '1 2': expected a text without slashes, spaces and control "
          "characters\n"});
  CHECK(apps.run({apps.file("zulu"), (apps.host.dir() / ".").string() + "/zulu.app"}).exit == 1);
}
