// SPDX-License-Identifier: BSD-3-Clause
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <erlrc/sys/file.hpp>
#include <erlrc/term/text.hpp>
#include <erlrc/tools/mains.hpp>

#include "boot_host.hpp"
#include "catch.hpp"
#include "paths.hpp"

// Tests that nodes boot and run the applications with boot files of erlrc-make-boot-script.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// The applications ra to re of tests/support/make-random-apps, version 2.0.0.
const TempDir& applications() {
  static const TempDir dir;
  static const int status =
      std::system((in_source("tests/support/make-random-apps") + " '" + dir.path().string() +
                   "' >/dev/null && rm -rf '" + dir.path().string() + "'/*-1.*")
                      .c_str());
  if (status != 0) throw std::runtime_error("the applications cannot be made");
  return dir;
}

struct Result {
  int exit = 0;
  std::string out;
  std::string err;
  bool operator==(const Result&) const = default;
};
std::ostream& operator<<(std::ostream& stream, const Result& result) {
  return stream << "exit " << result.exit << "\nout: " << result.out << "\nerr: " << result.err;
}

class Site {
public:
  Site() : libs_("ERL_LIBS", (applications().path().string() + ":" + own_lib()).c_str()) {
    std::filesystem::create_directories(dir_ / "root/applications");
  }
  void want(const std::string& app, const std::string& content = "") const {
    dir_.write("root/applications/" + app, content);
  }
  /// An application without modules.
  void add(const std::string& app, const std::string& keys) const {
    dir_.write("lib/" + app + "-1/ebin/" + app + ".app",
               "{application, " + app + ", [{vsn, \"1\"}, " + keys + "]}.\n");
  }
  Result run(std::vector<std::string> args) const {
    Streams streams;
    const int code = make_boot_script_main(args, streams);
    return {code, neutral(streams.out), neutral(streams.err)};
  }
  std::string file(const std::string& name) const { return dir_ / name; }
  std::vector<std::string> files(const std::string& directory = "made") const {
    return directory_names(dir_ / directory).value_or(std::vector<std::string>{});
  }
  const TempDir& dir() const { return dir_; }

  /// The value printed by a node with that boot file. Its path contains only OTP.
  std::string boot(const std::string& name, std::vector<std::string> more,
                   const std::string& expressions) const {
    const ScopedEnvironment none("ERL_LIBS", nullptr);
    const ScopedEnvironment no_flags("ERL_FLAGS", nullptr);
    LiveNodeOptions options;
    options.arguments = {"-boot", file(name)};
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    options.environment = {"ERLRC_ROOT=" + file("root")};
    const LiveNode node(boot_epmd(), options);
    return neutral(print_term(node.evaluate(expressions)));
  }

  std::string neutral(std::string text) const {
    const std::string own = dir_.path().string();
    for (auto at = text.find(own); at != std::string::npos; at = text.find(own))
      text.replace(at, own.size(), "SITE");
    return text;
  }

private:
  std::string own_lib() const { return dir_ / "lib"; }

  TempDir dir_;
  ScopedEnvironment root_{"ERLRC_ROOT", (dir_ / "root").c_str()};
  ScopedEnvironment flags_{"ERL_FLAGS", ("-pz " + erlrc_ebin()).c_str()};
  ScopedEnvironment libs_;
};

const std::string running =
    "[{A, V} || {A, _, V} <- lists:sort(application:which_applications()), not lists:member(A, [kernel, "
    "stdlib])].";
const std::string types =
    "[T || {A, _} = T <- lists:sort(proplists:get_value(started, application:info())), "
    "not lists:member(A, [kernel, stdlib, sasl])].";

Result made(const std::string& name) {
  return {0, "erlrc-make-boot-script: SITE/" + name + ".boot made\n", ""};
}

}  // namespace

TEST_CASE("a boot file is made in an environment whose TMPDIR and locale do not exist") {
  const Site site;
  const ScopedEnvironment directory("TMPDIR", "/nowhere/at/all");
  const ScopedEnvironment locale("LC_ALL", "xx_YY.UTF-8");
  CHECK(site.run({"--static", site.file("node")}) == made("node"));
}

TEST_CASE("no boot file of this host is made for another system") {
  const Site site;
  site.dir().write("root/boot/one", "");
  const ScopedEnvironment other(GENERATE("DPKG_ROOT", "FAKECHROOT_BASE"), "/image");
  CHECK(site.run({"--configured", "--directory", site.file("boots")}) == Result{0, "", ""});
  CHECK(site.files("boots").empty());
}

TEST_CASE("a static boot file starts the desired applications and their dependencies, and nothing of erlrc") {
  const Site site;
  site.want("re", "permanent\n");
  REQUIRE(site.run({"--static", site.file("node")}) == made("node"));
  for (const char* ending : {".rel", ".script", ".boot"})
    CHECK(file_status(site.file(std::string("node") + ending))->mode == 0644);
  for (const auto& more : {std::vector<std::string>{}, {"-mode", "embedded"}}) {
    CHECK(site.boot("node", more, running) ==
          R"([{ra,"2.0.0"},{rb,"2.0.0"},{rc,"2.0.0"},{re,"2.0.0"},)" +
              site.boot("node", more,
                        "{_, _, V} = lists:keyfind(sasl, 1, application:which_applications()), {sasl, V}.") +
              "]");
    CHECK(site.boot("node", more, types) == "[{ra,temporary},{rb,temporary},{rc,temporary},{re,permanent}]");
    CHECK(site.boot("node", more, "[sys:get_state(S) || S <- [ra_srv, rd_srv, re_srv]].") ==
          R"([{"2.0.0",0},{"2.0.0",0},{"2.0.0",0}])");
    CHECK(site.boot("node", more, "code:which(erlrc_boot).") == "non_existing");
  }
}

TEST_CASE("a boot file that is not static starts the extra applications, and erlrc_boot the rest") {
  const Site site;
  site.want("rc");
  REQUIRE(site.run({site.file("node"), "rb"}) == made("node"));
  CHECK(site.boot("node", {}, types) == "[{ra,temporary},{rb,permanent}]");
  const std::vector<std::string> embedded{"-mode", "embedded"};
  CHECK(site.boot("node", embedded, "code:is_loaded(erlrc_boot) =/= false.") == "true");
  const std::vector<std::string> booting{"-erlrc",
                                         "planner",
                                         "\"" + built_program("boot") + "\"",
                                         "-pa",
                                         applications() / "rc-2.0.0/ebin",
                                         applications() / "rd-2.0.0/ebin"};
  CHECK(site.boot("node", booting,
                  "{erlrc_boot:boot(), [A || {A, _, _} <- application:which_applications(), "
                  "A =:= rc orelse A =:= rb]}.") == "{ok,[rc,rb]}");
}

TEST_CASE("a static script has the administrator's changes, and dependents of included applications") {
  const Site site;
  site.add("baz", "{applications, [kernel, stdlib, rd]}");
  site.want("rc");
  site.want("baz");
  site.dir().write("root/applications/baz.app", "{application, baz, [{env, [{given, here}]}]}.\n");
  REQUIRE(site.run({"--static", site.file("node")}) == made("node"));
  CHECK(site.boot("node", {}, types) == "[{baz,temporary},{ra,temporary},{rc,temporary}]");
  CHECK(site.boot("node", {}, "{application:get_all_env(baz), application:get_key(baz, applications)}.") ==
        "{[{given,here}],{ok,[kernel,stdlib,rc]}}");
}

TEST_CASE("a boot file contains everything that can be started, or is not made") {
  const Site site;
  site.add("one", "{applications, [kernel, stdlib, two]}");
  site.add("two", "{applications, [kernel, stdlib, one]}");
  site.add("odd", "{applications, [kernel]}, {modules, [nosuch]}");
  std::filesystem::create_directory(site.file("made"));
  const std::string name = site.file("made/node");
  const std::string begin = "erlrc-make-boot-script: SITE/made/node.boot: ";
  CHECK(site.run({name, "nosuch"}) ==
        Result{1, "", begin + "nosuch: no directory of the code path has nosuch.app\n"});
  CHECK(site.run({name, "one"}) ==
        Result{1, "", begin + "applications need each other: one -> two -> one\n"});
  CHECK(site.run({name, "odd"}) ==
        Result{1, "", begin + "odd: SITE/lib/odd-1/ebin has no file of module nosuch\n"});
  CHECK(site.files().empty());
  CHECK(site.run({site.file("none/node")}).exit == 1);
  const ScopedEnvironment path("PATH", "/nowhere");
  CHECK(site.run({name}) == Result{1, "", begin + "erl: no such program on PATH; install erlang-base\n"});
}

TEST_CASE("erlrc-make-boot-script makes each configured file even if others fail") {
  const Site site;
  const std::string made_in = site.file("new/made");
  CHECK(site.run({"--configured", "--directory", made_in}) == Result{0, "", ""});
  site.want("ra");
  site.dir().write("root/boot/bad", "nosuch");
  site.dir().write("root/boot/node", "# for the test\nrb,rb\n");
  site.dir().write("root/boot/odd", "Not an application");
  site.dir().write("root/boot/old.dpkg-old", "");
  const Result result = site.run({"--configured", "--directory", made_in});
  CHECK(result.exit == 1);
  CHECK(result.out == "erlrc-make-boot-script: SITE/new/made/node.boot made\n");
  CHECK(
      result.err ==
      "erlrc-make-boot-script: SITE/new/made/bad.boot: nosuch: no directory of the code path has nosuch.app\n"
      "erlrc-make-boot-script: SITE/root/boot/odd: application name 'Not': expected a lower-case letter, "
      "then "
      "letters, digits, _ or @\n");
  CHECK(site.files("new/made") == std::vector<std::string>{"node.boot", "node.rel", "node.script"});
  CHECK(site.boot("new/made/node", {}, types) == "[{ra,temporary},{rb,permanent}]");
}

TEST_CASE("erlrc-make-boot-script refuses other arguments") {
  const Site site;
  for (const auto& args : std::vector<std::vector<std::string>>{{},
                                                                {"a/"},
                                                                {"a\nb"},
                                                                {"a", "Bad"},
                                                                {"a", "b", "c"},
                                                                {"--configured", "a"},
                                                                {"--configured", "--static"},
                                                                {"--directory", "d", "a"}})
    CHECK(site.run(args).exit == 2);
}

TEST_CASE("no code is loaded from the directory in which the program is called") {
  Site site;
  site.add("a", "{modules, []}");
  site.want("a");
  const std::string trap = site.file("trap");
  for (const std::string module : {"erlrc_boot", "erlrc_boot_script", "erlrc_watcher", "systools"}) {
    const auto source = site.dir().write(
        "trap/" + module + ".erl", "-module(" + module +
                                       ").\n-compile([export_all, nowarn_export_all]).\n-on_load(trap/0).\n"
                                       "trap() -> file:write_file(\"" +
                                       trap + "/sprung\", \"\").\n");
    REQUIRE(std::system(("erlc -o '" + trap + "' '" + source.string() + "'").c_str()) == 0);
  }
  site.dir().write("trap/a.app", "trap");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(trap);
  const Result result = site.run({"--static", site.file("boot")});
  std::filesystem::current_path(before);
  CHECK(result.err.empty());
  CHECK(result.exit == 0);
  CHECK(!std::filesystem::exists(trap + "/sprung"));
}
