// SPDX-License-Identifier: BSD-3-Clause
// Tests what erlrc_boot:boot/0 returns and starts if it cannot start everything.
#include "catch.hpp"

#include <filesystem>
#include <thread>

#include <erlrc/term/text.hpp>

#include "boot_host.hpp"
#include "paths.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

namespace fs = std::filesystem;

/// A parameter of the application erlrc on the shared node, until the end of the scope.
class Parameter {
public:
  Parameter(BootHost& host, std::string name, const std::string& value)
      : host_(host), name_(std::move(name)) {
    old_ = host.ask("application:load(erlrc), application:get_env(erlrc, " + name_ + ").");
    host.ask("application:set_env(erlrc, " + name_ + ", " + value + ").");
  }
  Parameter(const Parameter&) = delete;
  Parameter& operator=(const Parameter&) = delete;
  ~Parameter() {
    host_.ask(old_ == "undefined"
                  ? "application:unset_env(erlrc, " + name_ + ")."
                  : "{ok, Old} = " + old_ + ", application:set_env(erlrc, " + name_ + ", Old).");
  }

private:
  BootHost& host_;
  std::string name_, old_;
};

/// A planner that is a shell script.
std::string script(const BootHost& host, const std::string& commands) {
  return "\"" + host.dir().write("planner", "#!/bin/sh\n" + commands + "\n", 0755).string() + "\"";
}

/// A planner that may read only files that everyone may read.
std::string anybody(const BootHost& host) {
  const auto all =
      fs::perms::group_read | fs::perms::others_read | fs::perms::group_exec | fs::perms::others_exec;
  fs::permissions(host.dir().path(), all, fs::perm_options::add);
  for (const auto& entry : fs::recursive_directory_iterator(host.dir().path()))
    fs::permissions(entry.path(), all, fs::perm_options::add);
  return script(
      host, "exec setpriv --reuid=65534 --regid=65534 --clear-groups " + built_program("boot") + " \"$@\"");
}

}  // namespace

TEST_CASE("cycles are reported with every member in order, and do not affect others") {
  BootHost host;
  host.app("ok");
  SECTION("a cycle of dependencies") {
    host.app("x", "y").app("y", "z").app("z", "x").want("ok x");
    CHECK(host.boot() == "{error,{circular_dependency,x,[x,y,z]}}");
  }
  SECTION("a cycle of one application") {
    host.app("x", "x").want("ok x");
    CHECK(host.boot() == "{error,{circular_dependency,x,[x]}}");
  }
  SECTION("a cycle through an included application") {
    host.app("r", "!a").app("a", "x").app("x", "r").want("ok r");
    CHECK(host.boot() == "{error,{circular_dependency,a,[a,x,r]}}");
  }
  SECTION("a cycle of inclusions") {
    host.app("p", "!q").app("q", "!p").want("ok p");
    CHECK(host.boot() == "{error,{circular_dependency,p,[p,q]}}");
  }
  SECTION("several cycles, and applications that need them") {
    host.app("x", "y").app("y", "x").app("v", "w").app("w", "v").app("user", "y").want("ok x v user");
    CHECK(host.boot() ==
          "{error,{several,[{circular_dependency,v,[v,w]},{circular_dependency,x,[x,y]},"
          "{not_started,user,[y]}]}}");
  }
  CHECK(host.running() == "[ok]");
}

TEST_CASE("contradictions of included applications are reported") {
  BootHost host;
  host.app("ok");
  SECTION("an application depends on one that it includes") {
    host.app("bar", "!foo foo").app("foo").want("bar ok");
    CHECK(host.boot() == "{error,{dependency_included,bar,foo,bar}}");
    CHECK(host.running() == "[ok]");
  }
  SECTION("an application that is already loaded depends on one that another includes") {
    host.app("bar", "!foo").app("foo").app("baz", "foo").want("ok");
    CHECK(host.boot() == "ok");
    host.want("bar baz").ask("application:load(baz).");
    CHECK(host.ask("erlrc_boot:boot().") == "{error,{dependency_included,baz,foo,bar}}");
    CHECK(host.running() == "[bar,ok]");
  }
  SECTION("two applications include the same one") {
    host.app("one", "!foo").app("other", "!foo").app("foo").want("one other ok");
    CHECK(host.boot() == "{error,{duplicate_included,foo,one,other}}");
    CHECK(host.running() == "[ok]");
  }
}

TEST_CASE("files that are missing or broken are named") {
  BootHost host;
  host.app("ok").want("ok");
  std::string answer;
  SECTION("a listed application has no .app file") {
    host.want("gone");
    answer = "{error,{appspec_file_not_found,\"gone.app\"}}";
  }
  SECTION("a .app file is not a term") {
    host.app("a", "", "]").want("a");
    answer =
        "{error,{appspec_file_parse_error,\"HOST/lib/a-1/ebin/a.app\",<<\"HOST/lib/a-1/ebin/a.app:4:21: ";
  }
  SECTION("the file of the administrator is broken") {
    host.app("a").want("a").write("applications/a.app", "{application, b, []}.");
    answer =
        "{error,{appspec_file_parse_error,\"HOST/root/applications/a.app\",<<\"HOST/root/applications/"
        "a.app:1:1: found {application,b,[]}, expected {application, a, Changes}\">>}}";
  }
  SECTION("a start type is unknown") {
    host.app("a").want("a", "always\n");
    answer = "{error,{bad_start_type,\"HOST/root/applications/a\",<<\"always\">>}}";
  }
  CHECK(host.boot().substr(0, answer.size()) == answer);
  CHECK(host.running() == "[ok]");
}

TEST_CASE("without the directory of the applications nothing is started") {
  BootHost host;
  SECTION("it is missing") {
    CHECK(host.boot() == "{error,{app_dir_unreadable,\"HOST/root/applications\",enoent}}");
  }
  SECTION("it is not a directory") {
    host.write("applications", "");
    CHECK(host.boot() == "{error,{app_dir_unreadable,\"HOST/root/applications\",enotdir}}");
  }
}

TEST_CASE(
    "an application that does not start is reported with the reason; only its dependents do not start, "
    "either") {
  BootHost host;
  host.app("bad", "low", "{fails, no_way}").app("low").app("user", "bad").app("its_user", "user low");
  host.app("bar", "!foo").app("foo", "bad").app("ok", "low").want("its_user ok bar");
  CHECK(host.boot() ==
        "{error,{several,[{start_failed,bad,<<\"bad: start: "
        "{no_way,{boots,start,[normal,{bad,{fails,no_way}}]}}"
        "\">>},{not_started,bar,[bad]},{not_started,user,[bad]},{not_started,its_user,[user]}]}}");
  CHECK(host.running() == "[low,ok]");
  // It is not loaded, as before.
  CHECK(host.ask("[application:get_key(App, vsn) || App <- [bad, user]].") == "[undefined,undefined]");
}

TEST_CASE("an application that crashes is reported once, and a later boot starts it if possible") {
  BootHost host;
  host.app("bad", "", "crashes").want("bad");
  const std::string answer = host.boot();
  CHECK(answer.substr(0, 47) == "{error,{start_failed,bad,<<\"bad: start: {bad_re");
  host.app("bad");
  CHECK(host.ask("erlrc_boot:boot().") == "ok");
  CHECK(host.running() == "[bad]");
}

TEST_CASE("an application that takes longer than the limit has failed") {
  BootHost host;
  host.app("slow", "", "{sleeps, 60000}").app("ok").want("slow ok");
  host.ask("application:set_env(erlrc, timeout, 8).");
  CHECK(host.boot() == "{error,{start_failed,slow,<<\"slow: start: not done within the time limit\">>}}");
  host.ask("application:unset_env(erlrc, timeout).");
  CHECK(host.running() == "[ok]");
}

TEST_CASE("without its planner a node keeps running, and reports why nothing was started") {
  BootHost host;
  host.app("a").want("a");
  const auto [planner, why] = GENERATE(
      table<std::string, std::string>({{"/no/such/program", "there is no such program"},
                                       {"/etc/passwd", "eacces"},
                                       {"/bin/false", "it ended with "},  // exit status 1, or no answer
                                       {"/bin/cat", ""}}));
  LiveNode node(boot_epmd(),
                host.options({"-erlrc", "planner", "\"" + planner + "\"", "-s", "erlrc_boot", "boot"}));
  CHECK(print_term(node.evaluate("boots:running().")) == "[]");
  if (why.empty()) {
    // It sends the request back.
    CHECK(print_term(node.evaluate("element(1, element(2, erlrc_boot:boot())).")) == "planner_failed");
    return;
  }
  CHECK(print_term(node.evaluate("erlrc_boot:boot()."))
            .starts_with("{error,{planner_failed,\"" + planner + "\",<<\"" + why));
  node.evaluate("logger_std_h:filesync(default).");
  CHECK(node.log().find("the planner " + planner + ": " + why) != std::string::npos);
}

TEST_CASE("a permanent application that does not start ends the node, as in OTP") {
  BootHost host;
  host.app("vital", "", "{fails, no_way}").want("vital", "permanent");
  LiveNode node(boot_epmd(), host.options({}));
  try {
    node.evaluate("erlrc_boot:boot().");  // it may still answer
  } catch (const std::exception&) {
  }
  const Deadline until = after(std::chrono::seconds(60));
  while (node.runs() && left_until(until).count() > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_FALSE(node.runs());
  CHECK(node.log().find("application_start_failure,vital") != std::string::npos);
}

TEST_CASE("an unreadable file is named, and does not affect other applications") {
  BootHost host;
  host.app("ok").app("a").want("ok a").write("applications/a.app", "{application, a, []}.\n");
  const Parameter planner(host, "planner", anybody(host));
  REQUIRE(host.boot() == "ok");
  const std::string file = GENERATE("lib/a-1/ebin/a.app", "root/applications/a.app", "root/applications/a");
  fs::permissions(host.dir() / file, fs::perms::none);
  CHECK(host.boot() == "{error,{appspec_file_parse_error,\"HOST/" + file + "\",<<\"HOST/" + file +
                           ": open: Permission denied\">>}}");
  CHECK(host.running() == "[ok]");
}

TEST_CASE("an unreadable directory of applications is named") {
  BootHost host;
  host.app("ok").want("ok");
  const Parameter planner(host, "planner", anybody(host));
  fs::permissions(host.dir() / "root/applications", fs::perms::none);
  CHECK(host.boot() == "{error,{app_dir_unreadable,\"HOST/root/applications\",eacces}}");
  CHECK(host.running() == "[]");
}

TEST_CASE("a .app file that does not describe its application is named") {
  BootHost host;
  host.app("ok").app("user", "a").want("ok user");
  const auto [text, why] = GENERATE(table<std::string, std::string>(
      {{"", ":1:1: found no term, expected {application, Name, Keys}"},
       {"{application, a, [{description, \"\"}]}.", ":1:1: no key vsn"},
       {"{application, a, [{vsn, 1}]}.", ":1:1: key vsn: found 1, expected a string"},
       {"{application, a, [{vsn, \"1\"}, {applications, b}]}.",
        ":1:1: key applications: found b, expected a list of atoms"},
       {"{application, b, [{vsn, \"1\"}]}.", ": describes application 'b', not a"}}));
  const std::string file = "HOST/lib/a-1/ebin/a.app";
  host.dir().write("lib/a-1/ebin/a.app", text);
  CHECK(host.boot() == "{error,{several,[{appspec_file_parse_error,\"" + file + "\",<<\"" + file + why +
                           "\">>},{not_started,user,[a]}]}}");
  CHECK(host.running() == "[ok]");
}

TEST_CASE("an application that cannot be loaded is named, and its dependents are not started") {
  BootHost host;
  host.app("a").app("user", "a").app("ok").want("user ok");
  host.module("a", "a_mod", "-module(a_mod).\n-on_load(no/0).\nno() -> not_today.\n");
  LiveNode node(boot_epmd(), host.embedded_options());
  CHECK(print_term(node.evaluate("erlrc_boot:boot().")) ==
        "{error,{several,[{load_failed,a,<<\"a_mod: cannot be loaded: "
        "on_load_failure\">>},{not_started,user,[a]}"
        "]}}");
  CHECK(print_term(node.evaluate("{boots:running(), application:get_key(a, vsn)}.")) == "{[ok],undefined}");
}

TEST_CASE("each application that is not started is an error in the log") {
  BootHost host;
  host.app("x", "y").app("y", "x").app("bar", "!foo foo").app("foo");
  host.app("one", "!both").app("other", "!both").app("both");
  host.app("broken", "", "]").app("bad", "", "{fails, no}").app("user", "bad").app("ok");
  host.want("x bar one other gone broken user ok").want("odd", "often");
  LiveNode node(boot_epmd(), host.options({"-s", "erlrc_boot", "boot"}));
  CHECK(print_term(node.evaluate("boots:running().")) == "[ok]");
  node.evaluate("logger_std_h:filesync(default).");
  const std::string log = host.neutral(node.log());
  CAPTURE(log);
  for (const std::string text :
       {"applications need each other: x -> y -> x", "bar depends on foo, which bar includes",
        "both is included by both one and other", "gone: no directory of the code path has gone.app",
        "broken: HOST/lib/broken-1/ebin/broken.app:4:",
        "HOST/root/applications/odd: found \"often\", expected ", "bad: start: {no,", "user needs bad"})
    CHECK(log.find("erlrc_boot: " + text) != std::string::npos);
}

TEST_CASE("a planner that does not answer in time has its own error") {
  BootHost host;
  host.app("a").want("a");
  const Parameter planner(host, "planner", script(host, "exec sleep 20"));
  const Parameter timeout(host, "timeout", "0.5");
  CHECK(host.boot() == "{error,{planner_failed,\"HOST/planner\",<<\"it does not answer within 0.5 s\">>}}");
  CHECK(host.running() == "[]");
}
