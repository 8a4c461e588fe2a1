// SPDX-License-Identifier: BSD-3-Clause
// Tests what erlrc_boot:boot/0 starts, and in which order.
#include "catch.hpp"

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

TEST_CASE("a node started as before erlrc starts the listed applications after their dependencies") {
  BootHost host;
  host.app("top", "mid low").app("mid", "low").app("low").app("other").want("top other");
  LiveNode node(boot_epmd(), host.options({"-s", "erlrc_boot", "boot"}));
  CHECK(print_term(node.evaluate("boots:running().")) == "[low,mid,other,top]");
  CHECK(print_term(node.evaluate("[App || {ends, App} <- boots:events(), App =/= other].")) ==
        "[low,mid,top]");
}

TEST_CASE("listed applications are started with the types in their files, others as temporary") {
  BootHost host;
  host.app("a", "dep").app("b").app("c").app("d").app("dep");
  host.want("a").want("b", "permanent\n").want("c", "transient").want("d", " temporary.\n");
  CHECK(host.boot() == "ok");
  CHECK(host.ask("boots:types().") ==
        "[{a,temporary},{b,permanent},{c,transient},{d,temporary},{dep,temporary}]");
}

TEST_CASE("files whose names cannot be applications are ignored") {
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

TEST_CASE("an optional application is started first if it exists, and not required otherwise") {
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

TEST_CASE("included applications are started only by the including one") {
  BootHost host;
  SECTION("only the including one of two listed applications is started") {
    host.app("bar", "!foo").app("foo").want("bar foo");
    CHECK(host.boot() == "ok");
    CHECK(host.running() == "[bar]");
    CHECK(host.ask("application:get_key(foo, vsn).") == "{ok,\"1\"}");
  }
  SECTION("their dependencies start before the including one") {
    host.app("bar", "!foo").app("foo", "qux").app("qux").want("bar");
    CHECK(host.boot() == "ok");
    CHECK(host.ask(order) == "[qux,bar]");
  }
  SECTION("starting one starts the including one") {
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
  SECTION("a dependency on one is a dependency on the including one") {
    host.app("bar", "!foo", "{sleeps, 100}").app("foo").app("baz", "foo").want("bar baz");
    CHECK(host.boot() == "ok");
    CHECK(host.ask(order) == "[bar,baz]");
    CHECK(host.ask("application:get_key(baz, applications).") == "{ok,[kernel,stdlib,bar]}");
  }
  SECTION("the administrator's changes apply to them, too") {
    host.app("bar", "!foo").app("foo").want("bar");
    host.write("applications/foo.app", "{application, foo, [{env, [{by, admin}]}]}.");
    CHECK(host.boot() == "ok");
    CHECK(host.ask("application:get_all_env(foo).") == "[{by,admin}]");
  }
}

TEST_CASE("applications that are loaded or run already are skipped") {
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

TEST_CASE("independent applications start in parallel") {
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

TEST_CASE("the code path is restored afterwards") {
  BootHost host;
  host.app("a").app("b").app("bad", "", "crashes").want("a b bad");
  host.boot();
  host.ask("[begin application:stop(App), application:unload(App) end || App <- [a, b]].");
  CHECK(host.ask("Path = code:get_path(), erlrc_boot:boot(), Path =:= code:get_path().") == "true");
  CHECK(host.running() == "[a,b]");
}

TEST_CASE("in embedded mode the modules are loaded, too") {
  BootHost host;
  host.app("a", "", "runs", ", {registered, [x]}").want("a");
  host.module("a", "a_mod", "-module(a_mod).\n-export([f/0]).\nf() -> here.\n");
  LiveNode node(boot_epmd(), host.embedded_options());
  CHECK(print_term(node.evaluate("code:get_mode().")) == "embedded");
  CHECK(print_term(node.evaluate("erlrc_boot:boot().")) == "ok");
  CHECK(print_term(node.evaluate("{boots:running(), erlang:module_loaded(a_mod)}.")) == "{[a],true}");
}
