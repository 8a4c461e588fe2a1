// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests that the configuration of an application survives its upgrade: sys.config, the command line, and
// values set at run time. config_change is called with exactly the changes.

using namespace erlrc;
using namespace erlrc::test;

namespace {

LabRelease zoo(const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_a"});
  made.env = vsn == "1.0.0" ? ", {a, app1}, {b, app1}, {gone, 1}, {same, 1}, {unset_me, 1}"
                            : ", {a, app2}, {b, app2}, {new, 2}, {same, 1}, {unset_me, 1}";
  return made;
}

/// A node whose sys.config has zoo and another application.
struct Configured {
  TempDir dir;
  Lab lab;

  Configured()
      : lab([this] {
          dir.write("sys.config", "[{zoo, [{a, sys}, {only_sys, [1, \"x\"]}]}, {other, [{k, sys}]}].\n");
          LiveNodeOptions options;
          options.arguments = {"-config", (dir / "sys").string(), "-zoo", "cmd", "{5, six}"};
          return options;
        }()) {
    lab.add(zoo("1.0.0"));
    lab.add(zoo("2.0.0"));
    lab.start("zoo", "1.0.0");
  }

  std::string env() { return lab.ask("lists:sort(application:get_all_env(zoo))."); }
};

}  // namespace

TEST_CASE(
    "the environment after an upgrade is that of a start with the new version, plus values set before") {
  Configured with;
  Lab& lab = with.lab;
  REQUIRE(with.env() == R"([{a,sys},{b,app1},{cmd,{5,six}},{gone,1},{of_vsn,"1.0.0"},{only_sys,[1,"x"]},)"
                        R"({same,1},{unset_me,1}])");
  lab.ask(
      "application:set_env(zoo, at_run_time, 1), application:set_env(zoo, same, set),"
      " application:set_env(zoo, kept, 1, [{persistent, true}]), application:unset_env(zoo, unset_me),"
      " lab:mark(), ets:delete_all_objects(lab_calls).");
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(with.env() == R"([{a,sys},{at_run_time,1},{b,app2},{cmd,{5,six}},{kept,1},{new,2},{of_vsn,"2.0.0"},)"
                      R"({only_sys,[1,"x"]},{same,set}])");
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =:= config_change].") ==
        R"([{config_change,zoo,[{b,app2},{of_vsn,"2.0.0"}],[{new,2}],[gone]}])");

  REQUIRE(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("lists:last([C || C <- lab:calls(), element(1, C) =:= config_change]).") ==
        R"({config_change,zoo,[{b,app1},{of_vsn,"1.0.0"}],[{gone,1}],[new]})");
}

TEST_CASE("an application that is loaded after an upgrade still gets its values from sys.config") {
  Configured with;
  REQUIRE(with.lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(with.lab.ask(
            "ok = application:load({application, other, [{vsn, \"1\"}, {modules, []}, {registered, []},"
            " {applications, [kernel, stdlib]}, {env, [{k, app}, {own, 1}]}]}),"
            " lists:sort(application:get_all_env(other)).") == "[{k,sys},{own,1}]");
}

TEST_CASE("other applications' settings stay, and config_change is not called without a change") {
  Configured with;
  Lab& lab = with.lab;
  lab.add(servers("by", "1.0.0", {"by_a"}));
  lab.start("by", "1.0.0");
  lab.ask(
      "by_app:module_info(), application:set_env(by, at_run_time, 1), application:set_env(kernel, mine, 1),"
      " lab:mark(), ets:delete_all_objects(lab_calls).");
  REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =:= config_change, element(2, C) =:= by].") == "[]");
  CHECK(lab.ask("{application:get_env(by, at_run_time), application:get_env(kernel, mine)}.") ==
        "{{ok,1},{ok,1}}");
  REQUIRE(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("the settings of an application that is stopped and started again come from sys.config") {
  Configured with;
  with.lab.ask("lab:mark().");
  REQUIRE(with.lab.stop("zoo", "1.0.0").exit == 0);
  REQUIRE(with.lab.start("zoo", "1.0.0").exit == 0);
  CHECK(with.lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("a failed upgrade restores every setting") {
  Configured with;
  Lab& lab = with.lab;
  lab.ask(
      "application:set_env(zoo, at_run_time, 1), application:unset_env(zoo, unset_me),"
      " application:unset_env(zoo, a), application:set_env(zoo, kept, 1, [{persistent, true}]), lab:mark(),"
      " ets:delete_all_objects(lab_calls), lab:on({config_change, zoo}, crash, 1).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("config_change may ask the application controller, and start applications") {
  Configured with;
  Lab& lab = with.lab;
  lab.ask("lab:on({config_change, zoo}, {call, {application, ensure_all_started, [crypto]}}).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
}

TEST_CASE("an application without a callback module can have another environment") {
  Configured with;
  Lab& lab = with.lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    lab.add({"lib", vsn, {{"lib_plain", "plain"}}, ", {mod, []}"});
  lab.start("lib", "1.0.0");
  const Ran ran = lab.upgrade("lib", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(lab.ask("application:get_env(lib, of_vsn).") == R"({ok,"2.0.0"})");
}

TEST_CASE("an application that gains a callback module, or loses it, can be changed again") {
  Lab lab;
  for (const auto& [vsn, keys] : std::vector<std::pair<std::string, std::string>>{
           {"1.0.0", ", {mod, []}"}, {"2.0.0", ""}, {"3.0.0", ", {mod, []}"}, {"4.0.0", ""}})
    lab.add(servers("lib", vsn, {"lib_a"}, keys));
  const std::string gained = "  remark: lib_app:start/2 is new as the start of the application";
  const std::string lost = "  remark: the application is no longer started by a module";
  const auto change = [&](const Ran& ran, const std::string& remark, const std::string& vsn) {
    INFO(ran);
    CHECK(ran.exit == 0);
    CHECK(has(ran.out, remark));
    CHECK(lab.ask("application:get_key(lib, vsn).") == "{ok,\"" + vsn + "\"}");
  };
  SECTION("without a process") {
    lab.start("lib", "1.0.0");
    change(lab.upgrade("lib", "1.0.0", "2.0.0"), gained, "2.0.0");
    change(lab.downgrade("lib", "1.0.0", "2.0.0"), "", "1.0.0");
    change(lab.upgrade("lib", "1.0.0", "2.0.0"), gained, "2.0.0");
    change(lab.upgrade("lib", "2.0.0", "3.0.0"), lost, "3.0.0");
  }
  SECTION("with processes") {
    lab.start("lib", "2.0.0");
    change(lab.upgrade("lib", "2.0.0", "3.0.0"), lost, "3.0.0");
    change(lab.upgrade("lib", "3.0.0", "4.0.0"), gained, "4.0.0");
    CHECK(lab.ask("is_pid(whereis(lib_a)).") == "true");
    CHECK(lab.stop("lib", "4.0.0").exit == 0);
    CHECK(lab.ask("whereis(lib_a).") == "undefined");
  }
}

namespace {

/// The environment of a node whose configuration is in several places, after `then` has changed zoo.
template <typename Then>
std::string environment_after(const Then& then) {
  TempDir dir;
  dir.write("more.config", "[{zoo, [{b, more}, {deep, [{x, 2}]}]}].\n");
  dir.write("sys.config", "[{zoo, [{a, sys}, {cmd, sys}, {same, [1]}, {deep, [{y, 1}]}]}, \"" +
                              (dir / "more").string() + "\"].\n");
  dir.write("last.config", "[{zoo, [{last, 1}, {new, last}]}].\n");
  LiveNodeOptions options;
  options.arguments = {"-config", (dir / "sys").string(),
                       "-config", (dir / "last").string(),
                       "-zoo",    "cmd",
                       "5",       "of_vsn",
                       "cmd",     "-zoo",
                       "gone",    "{1, [two]}"};
  Lab lab(options);
  LabRelease one = zoo("1.0.0"), two = zoo("2.0.0");
  one.env += ", {v, 1}, {only_old, 1}";
  two.env += ", {v, 2}, {only_new, 2}";
  lab.add(one);
  lab.add(two);
  then(lab);
  return lab.ask("lists:sort(application:get_all_env(zoo)).");
}

}  // namespace

TEST_CASE("the environment after an upgrade or downgrade is that of a node that starts with that version") {
  const std::string fresh_old =
      environment_after([](Lab& lab) { REQUIRE(lab.start("zoo", "1.0.0").exit == 0); });
  const std::string fresh_new =
      environment_after([](Lab& lab) { REQUIRE(lab.start("zoo", "2.0.0").exit == 0); });
  CHECK(fresh_old != fresh_new);
  CHECK(environment_after([](Lab& lab) {
          REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
          REQUIRE(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
        }) == fresh_new);
  CHECK(environment_after([](Lab& lab) {
          REQUIRE(lab.start("zoo", "2.0.0").exit == 0);
          REQUIRE(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
        }) == fresh_old);
}
