// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"
#include "outcomes.hpp"

// Tests applications that others include in one version and not in the other: at any time each runs once, by
// itself or in the tree of the including one.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// An application without its own processes, whose supervisor has those of the applications that it
/// includes.
LabRelease hosting(const std::string& app, const std::string& vsn, const std::vector<std::string>& apps) {
  std::vector<std::string> sups;
  for (const std::string& each : apps)
    sups.push_back(each + "_sup");
  return including(app, vsn, apps, sups, "tree");
}

const std::string no_longer =
    "  remark: application sub is no longer included: it is started by itself, and what its processes know "
    "is "
    "lost";

void to_path(Lab& lab, const std::string& app) {
  lab.ask("code:add_patha(\"" + lab.at(app, "1.0.0") + "/ebin\"), " + app + "_app:module_info().");
}

std::string running(Lab& lab) {
  return lab.ask(
      "lists:sort([A || {A, _, _} <- application:which_applications(), A =/= kernel, A =/= stdlib]).");
}

/// Its parent, and that its server responds.
std::string parent_of_sub(Lab& lab) {
  return lab.ask(
      "gen_server:call(sub_a, vsn), {_, D} = process_info(whereis(sub_sup), dictionary),"
      " hd(proplists:get_value('$ancestors', D)).");
}

}  // namespace

TEST_CASE("included: an application becomes included while it runs, and is restored in the downgrade") {
  Lab lab;
  lab.add(hosting("top", "1.0.0", {}));
  lab.add(hosting("top", "2.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.want("sub");
  lab.start("sub", "1.0.0");
  lab.start("top", "1.0.0");
  REQUIRE(running(lab) == "[sub,top]");
  CHECK(lab.upgrade("top", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'top': (NODE) upgraded\n"
            "  remark: application sub becomes included: it is stopped, and what its "
            "processes know is lost\n",
            ""});
  CHECK(running(lab) == "[top]");
  CHECK(parent_of_sub(lab) == "top_sup");
  CHECK(lab.start("sub", "1.0.0") == Ran{0, "erlrc-start: Starting 'sub': (NODE) included\n", ""});

  CHECK(
      lab.downgrade("top", "1.0.0", "2.0.0") ==
      Ran{0,
          "erlrc-downgrade: Downgrading 'top': (NODE) downgraded\n"
          "  remark: application sub is no longer included: it is started by itself, and what its processes "
          "know is lost\n",
          ""});
  CHECK(running(lab) == "[sub,top]");
  CHECK(parent_of_sub(lab) != "top_sup");
  CHECK(lab.condition("top") == "old");
}

TEST_CASE("included: an application that does not start in its new tree runs by itself again") {
  Lab lab;
  lab.add(hosting("top", "1.0.0", {}));
  lab.add(hosting("top", "2.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.start("top", "1.0.0");
  lab.start("sub", "1.0.0");
  // It is tried twice: children that are gone may have had its name.
  lab.ask("lab:mark(), lab:on({init, sub_sup}, {answer, garbage}, 2).");
  const Ran ran = lab.upgrade("top", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: child sub_sup of top_sup: start: "));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("included: an application moves from one including application to another") {
  Lab lab;
  lab.add(hosting("left", "1.0.0", {"sub"}));
  lab.add(hosting("left", "2.0.0", {}));
  lab.add(hosting("right", "1.0.0", {}));
  lab.add(hosting("right", "2.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  to_path(lab, "sub");
  lab.start("left", "1.0.0");
  lab.start("right", "1.0.0");
  REQUIRE(parent_of_sub(lab) == "left_sup");
  lab.ask("lab:mark().");

  CHECK(lab.upgrade("right", "1.0.0", "2.0.0") == Ran{1, "",
                                                      "erlrc-upgrade: NODE: refused: left runs and includes "
                                                      "sub, and so would right: left must be upgraded "
                                                      "first\n"});
  CHECK(lab.ask("lab:diff().") == "[]");

  const bool desired = GENERATE(false, true);
  if (desired) lab.want("sub");
  CHECK(lab.upgrade("left", "1.0.0", "2.0.0").exit == 0);
  CHECK(running(lab) == (desired ? "[left,right,sub]" : "[left,right]"));
  CHECK(lab.upgrade("right", "1.0.0", "2.0.0").exit == 0);
  CHECK(running(lab) == "[left,right]");
  CHECK(parent_of_sub(lab) == "right_sup");

  // The downgrade, in the other order.
  CHECK(lab.downgrade("left", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.downgrade("right", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.downgrade("left", "1.0.0", "2.0.0").exit == 0);
  CHECK(running(lab) == "[left,right]");
  CHECK(parent_of_sub(lab) == "left_sup");
}

TEST_CASE("included: an application included by an included one") {
  Lab lab;
  lab.add(hosting("mid", "1.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  to_path(lab, "mid");
  to_path(lab, "sub");
  SECTION("is added, both running by themselves before") {
    lab.add(hosting("top", "1.0.0", {}));
    lab.add(hosting("top", "2.0.0", {"mid"}));
    lab.ask("application:load(mid).");
    lab.start("sub", "1.0.0");
    lab.start("top", "1.0.0");
    CHECK(lab.upgrade("top", "1.0.0", "2.0.0").exit == 0);
    CHECK(running(lab) == "[top]");
    CHECK(parent_of_sub(lab) == "mid_sup");
  }
  SECTION("is removed, and only it is desired") {
    lab.add(hosting("top", "1.0.0", {"mid"}));
    lab.add(hosting("top", "2.0.0", {}));
    lab.want("sub");
    lab.start("top", "1.0.0");
    REQUIRE(parent_of_sub(lab) == "mid_sup");
    CHECK(lab.upgrade("top", "1.0.0", "2.0.0").exit == 0);
    CHECK(running(lab) == "[sub,top]");
  }
  SECTION("is removed, and both are desired") {
    lab.add(hosting("top", "1.0.0", {"mid"}));
    lab.add(hosting("top", "2.0.0", {}));
    lab.want("sub");
    lab.want("mid");
    lab.start("top", "1.0.0");
    CHECK(lab.upgrade("top", "1.0.0", "2.0.0").exit == 0);
    CHECK(running(lab) == "[mid,top]");
    CHECK(parent_of_sub(lab) == "mid_sup");
  }
  SECTION("becomes included directly") {
    lab.add(hosting("top", "1.0.0", {"mid"}));
    lab.add(hosting("top", "2.0.0", {"sub"}));
    lab.want("sub");
    lab.start("top", "1.0.0");
    CHECK(lab.upgrade("top", "1.0.0", "2.0.0").exit == 0);
    CHECK(running(lab) == "[top]");
    CHECK(parent_of_sub(lab) == "top_sup");
  }
}

TEST_CASE("included: a dependency on one is a dependency on the including one, as in a boot") {
  Lab lab;
  lab.add(hosting("top", "1.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  const std::string needs_sub = ", {applications, [kernel, stdlib, sub]}";
  lab.add(servers("client", "1.0.0", {"client_a"}, needs_sub));
  lab.add(servers("client", "2.0.0", {"client_a"}, needs_sub));
  const std::string needed = "application:get_key(client, applications).";
  to_path(lab, "sub");
  lab.start("top", "1.0.0");
  CHECK(lab.start("client", "1.0.0") == Ran{0, "erlrc-start: Starting 'client': (NODE) started\n", ""});
  CHECK(lab.ask(needed) == "{ok,[kernel,stdlib,top]}");
  CHECK(lab.upgrade("client", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask(needed) == "{ok,[kernel,stdlib,top]}");
  CHECK(running(lab) == "[client,top]");

  // The including application is removed, and it runs by itself.
  lab.want("sub");
  lab.stop("client", "2.0.0");
  CHECK(lab.stop("top", "1.0.0").exit == 0);
  CHECK(lab.start("client", "2.0.0").exit == 0);
  CHECK(lab.ask(needed) == "{ok,[kernel,stdlib,sub]}");
  CHECK(running(lab) == "[client,sub]");
}

TEST_CASE("included: an application that no boot would start is refused") {
  Lab lab;
  lab.add(hosting("left", "1.0.0", {"sub"}));
  lab.add(hosting("right", "1.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  LabRelease own = hosting("own", "1.0.0", {"sub"});
  own.keys += ", {applications, [kernel, stdlib, sub]}";
  lab.add(own);
  to_path(lab, "sub");
  const std::string begin = "erlrc-start: NODE: refused: ";
  CHECK(lab.start("own", "1.0.0") == Ran{1, "", begin + "own depends on sub, which own includes\n"});
  lab.start("left", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.start("right", "1.0.0") ==
        Ran{1, "", begin + "left runs and includes sub, and so would right: left must be upgraded first\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("upgrade: a newly included application that runs by itself is stopped") {
  Lab lab;
  lab.add(including("top", "1.0.0", {}));
  lab.add(including("top", "2.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.want("sub");
  lab.start("top", "1.0.0");
  lab.start("sub", "1.0.0");
  CHECK(
      lab.upgrade("top", "1.0.0", "2.0.0") ==
      upgraded(
          "'top': (NODE) upgraded\n"
          "  remark: application sub becomes included: it is stopped, and what its processes know is lost"));
  CHECK(lab.ask("{[A || {A, _, _} <- application:which_applications()], whereis(sub_a),"
                " application:get_key(top, included_applications)}.") ==
        "{[top,stdlib,kernel],undefined,{ok,[sub]}}");
  CHECK(lab.start("sub", "1.0.0") == started("'sub': (NODE) included"));

  // The downgrade: it is no longer included, and desired.
  CHECK(lab.downgrade("top", "1.0.0", "2.0.0") == downgraded("'top': (NODE) downgraded\n" + no_longer));
  CHECK(lab.ask("{[A || {A, _, _} <- application:which_applications()], is_pid(whereis(sub_a)),"
                " application:get_key(top, included_applications)}.") ==
        "{[sub,top,stdlib,kernel],true,{ok,[]}}");
}

TEST_CASE("upgrade: an application that is no longer included starts only if it is desired") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub", "other"}));
  lab.add(including("top", "2.0.0", {}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.add(servers("other", "1.0.0", {"other_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\"), code:add_patha(\"" +
          lab.at("other", "1.0.0") + "/ebin\").");
  lab.want("sub");
  lab.start("top", "1.0.0");
  CHECK(lab.upgrade("top", "1.0.0", "2.0.0") == upgraded("'top': (NODE) upgraded\n" + no_longer));
  CHECK(lab.ask("[A || {A, _, _} <- application:which_applications()].") == "[sub,top,stdlib,kernel]");
}

TEST_CASE("upgrade: a newly included application that is not loaded gets loaded") {
  Lab lab;
  lab.add(including("top", "1.0.0", {}));
  lab.add(including("top", "2.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.start("top", "1.0.0");
  CHECK(lab.upgrade("top", "1.0.0", "2.0.0") == upgraded("'top': (NODE) upgraded"));
  CHECK(lab.ask("application:get_key(sub, vsn).") == R"({ok,"1.0.0"})");
}

TEST_CASE("upgrade: an included application is upgraded in the tree of the including one") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub"}, {"sub_sup"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.add(servers("sub", "2.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.start("top", "1.0.0");
  lab.ask("sub_app:module_info(), gen_server:call(sub_a, vsn), lab:mark().");
  CHECK(lab.upgrade("sub", "1.0.0", "2.0.0") == upgraded("'sub': (NODE) upgraded"));
  CHECK(lab.ask("{lists:sort(maps:to_list(sys:get_state(sub_a))), sub_a:vsn(), application:get_key(sub, vsn),"
                " [A || {A, _, _} <- application:which_applications()]}.") ==
        R"({[{calls,1},{vsn,"2.0.0"}],"2.0.0",{ok,"2.0.0"},[top,stdlib,kernel]})");
  CHECK(lab.upgrade("sub", "1.0.0", "2.0.0") == upgraded("'sub': (NODE) already_running"));
  CHECK(lab.downgrade("sub", "1.0.0", "2.0.0") == downgraded("'sub': (NODE) downgraded"));
  CHECK(lab.ask("lab:diff().") == "[]");
}
