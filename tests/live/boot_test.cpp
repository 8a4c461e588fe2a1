// SPDX-License-Identifier: BSD-3-Clause
// What erlrc_boot:boot/0 starts, in which order, and what it answers where that cannot be.
#include "catch.hpp"

#include <filesystem>
#include <thread>

#include <erlrc/sys/file.hpp>
#include <erlrc/term/text.hpp>

#include "boot_host.hpp"

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// The applications in the order in which they ran.
constexpr const char* order = "[App || {ends, App} <- boots:events()].";

bool knows_optional(BootHost& host) {
  return host.ask("list_to_integer(erlang:system_info(otp_release)) >= 24.") == "true";
}

}  // namespace

TEST_CASE("a node started as it always was starts what is listed, after what that depends on") {
  BootHost host;
  host.app("top", "mid low").app("mid", "low").app("low").app("other").want("top other");
  LiveNode node(boot_epmd(), host.options({"-s", "erlrc_boot", "boot"}));
  CHECK(print_term(node.evaluate("boots:running().")) == "[low,mid,other,top]");
  CHECK(print_term(node.evaluate("[App || {ends, App} <- boots:events(), App =/= other].")) ==
        "[low,mid,top]");
}

TEST_CASE("the listed applications are started with the types that their files say, others as temporary") {
  BootHost host;
  host.app("a", "dep").app("b").app("c").app("d").app("dep");
  host.want("a").want("b", "permanent\n").want("c", "transient").want("d", " temporary.\n");
  CHECK(host.boot() == "ok");
  CHECK(host.ask("boots:types().") ==
        "[{a,temporary},{b,permanent},{c,transient},{d,temporary},{dep,temporary}]");
}

TEST_CASE("names that are no names of applications are no applications") {
  BootHost host;
  host.app("a").want("a").write("applications/a.dpkg-new", "").write("applications/README", "");
  CHECK(host.boot() == "ok");
  CHECK(host.running() == "[a]");
}

TEST_CASE("the administrator's .app file is merged over the application's own") {
  BootHost host;
  host.app("a", "", "runs", ", {env, [{one, 1}, {two, 2}]}, {start_phases, []}").app("added").want("a");
  host.write(
      "applications/a.app",
      "{application, a, [{env, {keymerge, [{two, zwei}, {three, 3}]}}, {applications, {merge, [added]}},"
      " {description, \"other\"}, {registered, {override, [name]}}]}.\n");
  CHECK(host.boot() == "ok");
  CHECK(host.ask("lists:sort(application:get_all_env(a)).") == "[{one,1},{three,3},{two,zwei}]");
  CHECK(host.ask("[application:get_key(a, Key) || Key <- [description, registered, applications]].") ==
        "[{ok,\"other\"},{ok,[name]},{ok,[kernel,stdlib,added]}]");
  CHECK(host.running() == "[a,added]");
}

TEST_CASE("an optional application is started before if it is there, and not missed else") {
  BootHost host;
  host.app("a", "?there").app("there").app("b", "?missing").want("a b");
  if (knows_optional(host)) {
    CHECK(host.boot() == "ok");
    CHECK(host.running() == "[a,b,there]");
    CHECK(host.ask("[App || App <- [A || {ends, A} <- boots:events()], App =/= b].") == "[there,a]");
  } else {
    CHECK(host.boot() ==
          "{error,{several,[{appspec_file_not_found,\"missing.app\"},{not_started,b,[missing]}]}}");
    CHECK(host.running() == "[a,there]");
  }
}

TEST_CASE("included applications") {
  BootHost host;
  SECTION("of two that are listed, one of which includes the other, one is started") {
    host.app("bar", "!foo").app("foo").want("bar foo");
    CHECK(host.boot() == "ok");
    CHECK(host.running() == "[bar]");
    CHECK(host.ask("application:get_key(foo, vsn).") == "{ok,\"1\"}");
  }
  SECTION("their dependencies start before the one that includes them") {
    host.app("bar", "!foo").app("foo", "qux").app("qux").want("bar");
    CHECK(host.boot() == "ok");
    CHECK(host.ask(order) == "[qux,bar]");
  }
  SECTION("starting one starts the one that includes it") {
    host.app("bar", "!foo").app("foo").app("starter", "bar").want("foo starter");
    CHECK(host.boot() == "ok");
    CHECK(host.ask(order) == "[bar,starter]");
  }
  SECTION("inclusion is followed to the outermost") {
    host.app("top", "!mid").app("mid", "!foo").app("foo", "qux").app("qux").app("user", "foo");
    host.want("user mid foo top");
    CHECK(host.boot() == "ok");
    CHECK(host.ask(order) == "[qux,top,user]");
  }
  SECTION("who depends on one depends on the one that includes it") {
    host.app("bar", "!foo", "{sleeps, 100}").app("foo").app("baz", "foo").want("bar baz");
    CHECK(host.boot() == "ok");
    CHECK(host.ask(order) == "[bar,baz]");
    CHECK(host.ask("application:get_key(baz, applications).") == "{ok,[kernel,stdlib,bar]}");
  }
  SECTION("the administrator's changes hold for them, too") {
    host.app("bar", "!foo").app("foo").want("bar");
    host.write("applications/foo.app", "{application, foo, [{env, [{by, admin}]}]}.");
    CHECK(host.boot() == "ok");
    CHECK(host.ask("application:get_all_env(foo).") == "[{by,admin}]");
  }
}

TEST_CASE("what is loaded or runs already is left alone") {
  BootHost host;
  host.app("a", "", "runs", ", {env, [{by, file}]}").app("b").app("bar", "!foo").app("foo").want("a b foo");
  host.boot();
  host.write("applications/a.app", "{application, a, [{env, [{by, admin}]}]}.");
  const std::string pids = "[application_controller:get_master(App) || App <- [b]].";
  const std::string before = host.ask(pids);
  host.ask(
      "ok = application:stop(a), ok = application:stop(foo), ok = application:unload(foo),"
      "ok = application:load(bar), ok = application:start(bar), boots:events(), ok.");
  CHECK(host.ask("erlrc_boot:boot().") == "ok");
  CHECK(host.running() == "[a,b,bar]");
  CHECK(host.ask(order) == "[a]");
  CHECK(host.ask(pids) == before);
  CHECK(host.ask("application:get_all_env(a).") == "[{by,file}]");
}

TEST_CASE("cycles are answered with every member in order, and keep no others from starting") {
  BootHost host;
  host.app("ok");
  SECTION("of dependencies") {
    host.app("x", "y").app("y", "z").app("z", "x").want("ok x");
    CHECK(host.boot() == "{error,{circular_dependency,x,[x,y,z]}}");
  }
  SECTION("of one") {
    host.app("x", "x").want("ok x");
    CHECK(host.boot() == "{error,{circular_dependency,x,[x]}}");
  }
  SECTION("through an included application") {
    host.app("r", "!a").app("a", "x").app("x", "r").want("ok r");
    CHECK(host.boot() == "{error,{circular_dependency,a,[a,x,r]}}");
  }
  SECTION("of inclusions") {
    host.app("p", "!q").app("q", "!p").want("ok p");
    CHECK(host.boot() == "{error,{circular_dependency,p,[p,q]}}");
  }
  SECTION("of several, and of some that need them") {
    host.app("x", "y").app("y", "x").app("v", "w").app("w", "v").app("user", "y").want("ok x v user");
    CHECK(host.boot() ==
          "{error,{several,[{circular_dependency,v,[v,w]},{circular_dependency,x,[x,y]},"
          "{not_started,user,[y]}]}}");
  }
  CHECK(host.running() == "[ok]");
}

TEST_CASE("contradictions of included applications") {
  BootHost host;
  host.app("ok");
  SECTION("an application depends on what it includes itself") {
    host.app("bar", "!foo foo").app("foo").want("bar ok");
    CHECK(host.boot() == "{error,{dependency_included,bar,foo,bar}}");
    CHECK(host.running() == "[ok]");
  }
  SECTION("one that is loaded already depends on what another includes") {
    host.app("bar", "!foo").app("foo").app("baz", "foo").want("ok");
    CHECK(host.boot() == "ok");
    host.want("bar baz").ask("application:load(baz).");
    CHECK(host.ask("erlrc_boot:boot().") == "{error,{dependency_included,baz,foo,bar}}");
    CHECK(host.running() == "[bar,ok]");
  }
  SECTION("two include the same") {
    host.app("one", "!foo").app("other", "!foo").app("foo").want("one other ok");
    CHECK(host.boot() == "{error,{duplicate_included,foo,one,other}}");
    CHECK(host.running() == "[ok]");
  }
}

TEST_CASE("files that are missing or broken are named") {
  BootHost host;
  host.app("ok").want("ok");
  std::string answer;
  SECTION("no .app file of a listed application") {
    host.want("gone");
    answer = "{error,{appspec_file_not_found,\"gone.app\"}}";
  }
  SECTION("a .app file that is no term") {
    host.app("a", "", "]").want("a");
    answer =
        "{error,{appspec_file_parse_error,\"HOST/lib/a-1/ebin/a.app\",<<\"HOST/lib/a-1/ebin/a.app:4:21: ";
  }
  SECTION("the administrator's one") {
    host.app("a").want("a").write("applications/a.app", "{application, b, []}.");
    answer =
        "{error,{appspec_file_parse_error,\"HOST/root/applications/a.app\",<<\"HOST/root/applications/"
        "a.app:1:1: found {application,b,[]}, expected {application, a, Changes}\">>}}";
  }
  SECTION("an unknown start type") {
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
  SECTION("it is none") {
    host.write("applications", "");
    CHECK(host.boot() == "{error,{app_dir_unreadable,\"HOST/root/applications\",enotdir}}");
  }
}

TEST_CASE(
    "one that does not start is named with its reason, those that need it are not started, others are") {
  BootHost host;
  host.app("bad", "low", "{fails, no_way}").app("low").app("user", "bad").app("its_user", "user low");
  host.app("bar", "!foo").app("foo", "bad").app("ok", "low").want("its_user ok bar");
  CHECK(host.boot() ==
        "{error,{several,[{start_failed,bad,<<\"bad: start: "
        "{no_way,{boots,start,[normal,{bad,{fails,no_way}}]}}"
        "\">>},{not_started,bar,[bad]},{not_started,user,[bad]},{not_started,its_user,[user]}]}}");
  CHECK(host.running() == "[low,ok]");
  // As before: not loaded.
  CHECK(host.ask("[application:get_key(App, vsn) || App <- [bad, user]].") == "[undefined,undefined]");
}

TEST_CASE("one that crashes is a single reason, and a later boot starts it when it can") {
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
  host.ask("application:set_env(erlrc, timeout, 3).");
  CHECK(host.boot() == "{error,{start_failed,slow,<<\"slow: start: not done within the time limit\">>}}");
  host.ask("application:unset_env(erlrc, timeout).");
  CHECK(host.running() == "[ok]");
}

TEST_CASE("applications that do not need each other start side by side") {
  BootHost host;
  host.app("a", "", "{after_event, {begins, b}}").app("b", "", "{after_event, {begins, a}}").want("a b");
  CHECK(host.boot() == "ok");
  CHECK(host.ask("[What || {What, _} <- boots:events()].") == "[begins,begins,ends,ends]");
  host.ask("application:set_env(erlrc, sequential, true).");
  host.app("a", "", "{sleeps, 200}").app("b");
  CHECK(host.boot() == "ok");
  host.ask("application:unset_env(erlrc, sequential).");
  CHECK(host.ask("boots:events().") == "[{begins,a},{ends,a},{begins,b},{ends,b}]");
}

TEST_CASE("the code path is afterwards as it was") {
  BootHost host;
  host.app("a").app("b").app("bad", "", "crashes").want("a b bad");
  host.boot();
  host.ask("[begin application:stop(App), application:unload(App) end || App <- [a, b]].");
  CHECK(host.ask("Path = code:get_path(), erlrc_boot:boot(), Path =:= code:get_path().") == "true");
  CHECK(host.running() == "[a,b]");
}

TEST_CASE("without its planner a node stays up, and says why nothing was started") {
  BootHost host;
  host.app("a").want("a");
  const auto [planner, why] =
      GENERATE(table<std::string, std::string>({{"/no/such/program", "there is no such program"},
                                                {"/bin/false", "it ended with exit status 1 and no answer"},
                                                {"/bin/cat", ""}}));
  LiveNode node(boot_epmd(),
                host.options({"-erlrc", "planner", "\"" + planner + "\"", "-s", "erlrc_boot", "boot"}));
  CHECK(print_term(node.evaluate("boots:running().")) == "[]");
  if (why.empty()) {
    // It sends the question back.
    CHECK(print_term(node.evaluate("element(1, element(2, erlrc_boot:boot())).")) == "planner_failed");
    return;
  }
  CHECK(print_term(node.evaluate("erlrc_boot:boot().")) ==
        "{error,{planner_failed,\"" + planner + "\",<<\"" + why + "\">>}}");
  node.evaluate("logger_std_h:filesync(default).");
  CHECK(node.log().find("the planner " + planner + ": " + why + "; nothing was started") !=
        std::string::npos);
}

TEST_CASE("in embedded mode the modules are loaded, too") {
  BootHost host;
  host.app("a", "", "runs", ", {registered, [x]}").want("a");
  const std::filesystem::path ebin = host.dir() / "lib/a-1/ebin";
  const std::string text = read_file(ebin / "a.app");
  host.dir().write("lib/a-1/ebin/a.app",
                   std::string(text).replace(text.find("{modules, []}"), 13, "{modules, [a_mod]}"));
  host.dir().write("a_mod.erl", "-module(a_mod).\n-export([f/0]).\nf() -> here.\n");
  REQUIRE(std::system(
              ("erlc -o '" + ebin.string() + "' '" + (host.dir() / "a_mod.erl").string() + "'").c_str()) ==
          0);
  auto options = host.options({});
  std::erase(options.arguments, "-run");
  std::erase(options.arguments, "boots");
  std::erase(options.arguments, "open");
  options.arguments.insert(options.arguments.end(),
                           {"-mode", "embedded", "-eval",
                            "[{module, _} = code:load_abs(filename:rootname(F)) || F <- filelib:wildcard(\"" +
                                erlrc_ebin() + "/*.beam\")], boots:open()."});
  LiveNode node(boot_epmd(), options);
  CHECK(print_term(node.evaluate("code:get_mode().")) == "embedded");
  CHECK(print_term(node.evaluate("erlrc_boot:boot().")) == "ok");
  CHECK(print_term(node.evaluate("{boots:running(), erlang:module_loaded(a_mod)}.")) == "{[a],true}");
}

TEST_CASE("a permanent application that does not start ends the node, as OTP has it") {
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
