// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

#include <erlrc/sys/file.hpp>

// Tests the outcome of start, stop, upgrade and downgrade for each state of a node.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// zoo 1.0.0 and 2.0.0: two servers, a plain module, one that is the same in both, a removed and an added
/// one.
LabRelease zoo(const std::string& vsn) {
  LabRelease made = servers("zoo", vsn, {"zoo_a", "zoo_b"});
  made.modules.push_back({"zoo_lib", "plain"});
  made.modules.push_back({"zoo_same", "same"});
  made.modules.push_back({vsn == "1.0.0" ? "zoo_gone" : "zoo_new", "plain"});
  return made;
}

Ran started(const std::string& word) {
  return {0, "erlrc-start: Starting " + word + "\n", ""};
}
Ran stopped(const std::string& word) {
  return {0, "erlrc-stop: Stopping " + word + "\n", ""};
}
Ran upgraded(const std::string& word) {
  return {0, "erlrc-upgrade: Upgrading " + word + "\n", ""};
}
Ran downgraded(const std::string& word) {
  return {0, "erlrc-downgrade: Downgrading " + word + "\n", ""};
}
/// The remark about modules that a shipped appup does not cover.
Ran leaving(Ran ran, const std::string& modules) {
  ran.out += "  remark: modules that differ and that the appup leaves as they are: " + modules + "\n";
  return ran;
}
/// A node of another release runs with a /usr of its own (scripts/with-otp).
bool sees_our(Lab& lab, const std::string& directory) {
  const std::string inode =
      lab.ask("{ok, Info} = file:read_file_info(\"" + directory + "\"), element(12, Info).");
  return inode == std::to_string(file_identity(directory).value().inode);
}
/// The remark about a directory that is another one for the node.
Ran foreign(Ran ran, const std::string& directory) {
  ran.out += "  remark: " + directory + " is another file there\n";
  return ran;
}
Ran failed(const std::string& line) {
  return {1, "", line + "\n"};
}

/// The running and loaded applications of the tests, and their directories in the path.
std::string apps(Lab& lab) {
  return lab.ask(
      "Own = fun(Apps) -> lists:sort([{A, V} || {A, _, V} <- Apps, not lists:member(A, [kernel, stdlib, "
      "crypto])]) end,"
      "{Own(application:which_applications()), Own(application:loaded_applications()),"
      " [D || D <- code:get_path(), string:find(D, \"erlrc-test\") =/= nomatch,"
      "       string:find(D, \"/ebin\") =/= nomatch]}.");
}

/// An application with only a supervisor, which includes these.
LabRelease including(const std::string& app, const std::string& vsn, const std::vector<std::string>& included,
                     const std::vector<std::string>& top_level = {}) {
  std::string names;
  for (const std::string& name : included)
    names += (names.empty() ? "" : ", ") + name;
  LabRelease made{
      app, vsn, {{app + "_app", "app"}, {app + "_sup", "sup"}}, ", {included_applications, [" + names + "]}"};
  // As in the manual: the including application starts the top supervisors of the included ones.
  made.modules[1].children = child_specs(top_level, "supervisor");
  return made;
}

}  // namespace

// --- start

TEST_CASE("start: an application that does not run is loaded, with its modules, and started") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  CHECK(lab.start("zoo", "1.0.0") == started("'zoo': (NODE) started"));
  CHECK(apps(lab) == R"({[{zoo,"1.0.0"}],[{zoo,"1.0.0"}],["LAB/zoo-1.0.0/ebin"]})");
  CHECK(lab.ask("hd(code:get_path()).") == R"("LAB/zoo-1.0.0/ebin")");
  CHECK(lab.ask("[M || M <- [zoo_app, zoo_sup, zoo_a, zoo_b, zoo_lib, zoo_same, zoo_gone],"
                " not erlang:module_loaded(M)].") == "[]");
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), lab:calls()}.") ==
        R"({{"1.0.0","1.0.0"},[{start,zoo,normal,[args]},{init,zoo_sup,"1.0.0"}]})");
}

TEST_CASE("start: a running application is already_running, however often it is started") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.start("zoo", "1.0.0") == started("'zoo': (NODE) already_running"));
  CHECK(lab.start("zoo", "1.0.0") == started("'zoo': (NODE) already_running"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: fails if another version runs") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.start("zoo", "2.0.0") ==
        failed("erlrc-start: NODE: refused: version 1.0.0 of zoo runs, not 2.0.0 (use erlrc-upgrade)"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: a path that is not a directory is refused") {
  Lab lab;
  lab.ask("lab:mark().");
  CHECK(lab.start("zoo", "1.0.0") == failed("erlrc-start: NODE: LAB/zoo-1.0.0/ebin: no such directory"));
  lab.dir().write("zoo-2.0.0/ebin", "a file");
  CHECK(lab.start("zoo", "2.0.0") == failed("erlrc-start: NODE: LAB/zoo-2.0.0/ebin: is not a directory"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: the default directory is the node's library") {
  Lab lab;
  lab.ask("lab:mark().");
  std::string lib = lab.ask("code:lib_dir().");
  lib = lib.substr(1, lib.size() - 2);
  if (sees_our(lab, lib)) {
    CHECK(lab.run(start_main, {"zoo", "1.0.0"}) ==
          failed("erlrc-start: NODE: " + lib + "/zoo-1.0.0/ebin: no such directory"));
  } else {
    CHECK(lab.run(start_main, {"zoo", "1.0.0"}) == foreign(started("'zoo': (NODE) other_system"), lib));
  }
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: another version that is loaded and does not run is unloaded") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.ask("code:add_patha(\"" + lab.at("zoo", "1.0.0") +
          "/ebin\"), ok = application:load(zoo), zoo_lib:vsn().");
  CHECK(lab.start("zoo", "2.0.0") == started("'zoo': (NODE) started"));
  CHECK(lab.ask("{application:get_key(zoo, vsn), application:get_env(zoo, of_vsn), zoo_lib:vsn()}.") ==
        R"({{ok,"2.0.0"},{ok,"2.0.0"},"2.0.0"})");
}

TEST_CASE("start: a .app file of another version is refused") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.ask("lab:mark().");
  CHECK(lab.run(start_main, {"zoo", "1.5.0", lab.at("zoo", "1.0.0")}) ==
        failed("erlrc-start: NODE: LAB/zoo-1.0.0/ebin/zoo.app: describes version '1.0.0', not 1.5.0"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("start: an application that a running one includes is included, and not started") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) started"));
  CHECK(lab.start("sub", "1.0.0") == started("'sub': (NODE) included"));
  CHECK(lab.start("sub", "1.0.0") == started("'sub': (NODE) included"));
  CHECK(apps(lab) ==
        R"({[{top,"1.0.0"}],[{sub,"1.0.0"},{top,"1.0.0"}],["LAB/top-1.0.0/ebin","LAB/sub-1.0.0/ebin"]})");
}

TEST_CASE("start: included applications that run by themselves are stopped first") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub", "other"}, {"sub_sup"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.add(servers("other", "1.0.0", {"other_a"}));
  lab.start("sub", "1.0.0");
  lab.start("other", "1.0.0");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) started_included_stopped"));
  CHECK(apps(lab).starts_with(R"({[{top,"1.0.0"}],[{other,"1.0.0"},{sub,"1.0.0"},{top,"1.0.0"}],)"));
  CHECK(lab.ask("{is_pid(whereis(sub_a)), whereis(other_a)}.") == "{true,undefined}");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) already_running"));
}

TEST_CASE("start: modules are loaded on a node in embedded mode, which does not load them by itself") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  LiveNodeOptions embedded;
  embedded.arguments = {"-mode", "embedded"};
  lab.add_node(embedded);
  CHECK(lab.run(start_main, {"--node", lab.node(1).alive(), "zoo", "1.0.0", lab.at("zoo", "1.0.0")}) ==
        started("'zoo': (NODE2) started"));
  CHECK(lab.ask("{code:get_mode(), zoo_lib:vsn(), gen_server:call(zoo_a, vsn)}.", 1) ==
        R"({embedded,"1.0.0",{"1.0.0","1.0.0"}})");
  lab.add(zoo("2.0.0"));
  CHECK(lab.run(upgrade_main, {"--node", lab.node(1).alive(), "zoo", "1.0.0", "2.0.0", lab.at("zoo", "1.0.0"),
                               lab.at("zoo", "2.0.0")}) == upgraded("'zoo': (NODE2) upgraded"));
  CHECK(lab.ask("{zoo_new:vsn(), gen_server:call(zoo_a, vsn)}.", 1) == R"({"2.0.0",{"2.0.0","2.0.0"}})");
}

TEST_CASE("start: a failed start leaves nothing of the application") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.ask("lab:mark(), lab:on({start, zoo}, {answer, {error, not_today}}).");
  CHECK(lab.start("zoo", "1.0.0") ==
        failed("erlrc-start: NODE: rolled_back: zoo: start: {not_today,{zoo_app,start,[normal,[args]]}}"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a node that is down is not a failure") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.add_node().kill();
  CHECK(lab.start("zoo", "1.0.0") ==
        Ran{0,
            "erlrc-start: Starting 'zoo': (NODE) started\nerlrc-start: Starting 'zoo': (NODE2) node_down\n",
            ""});
  CHECK(
      lab.upgrade("zoo", "1.0.0", "2.0.0").out ==
      "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\nerlrc-upgrade: Upgrading 'zoo': (NODE2) node_down\n");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.stop("zoo", "1.0.0") ==
        Ran{0, "erlrc-stop: Stopping 'zoo': (NODE) unloaded\nerlrc-stop: Stopping 'zoo': (NODE2) node_down\n",
            ""});
}

// --- stop

TEST_CASE("stop: a running application is stopped and unloaded, and nothing of it is left") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.ask("lab:mark().");
  lab.start("zoo", "1.0.0");
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("lists:last(lab:calls()).") == "{stop,zoo}");
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
}

TEST_CASE("stop --no-unload: the application stays loaded") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  CHECK(lab.stop("zoo", "1.0.0", {"--no-unload"}) == stopped("'zoo': (NODE) stopped"));
  CHECK(apps(lab) == R"({[],[{zoo,"1.0.0"}],["LAB/zoo-1.0.0/ebin"]})");
  CHECK(lab.ask("erlang:module_loaded(zoo_a).") == "true");
  CHECK(lab.stop("zoo", "1.0.0", {"--no-unload"}) == stopped("'zoo': (NODE) not_running"));
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
  CHECK(apps(lab) == "{[],[],[]}");
}

TEST_CASE("stop: does nothing for an unknown application") {
  Lab lab;
  lab.ask("lab:mark().");
  CHECK(lab.stop("zoo", "1.0.0", {"--no-unload"}) == stopped("'zoo': (NODE) not_running"));
  CHECK(lab.stop("zoo", "1.0.0") == stopped("'zoo': (NODE) unloaded"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("stop: does not stop another version") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.stop("zoo", "2.0.0") ==
        failed("erlrc-stop: NODE: refused: version 1.0.0 of zoo runs, not 2.0.0"));
  CHECK(lab.stop("zoo", "2.0.0", {"--no-unload"}).exit == 1);
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.stop("zoo", "1.0.0", {"--no-unload"});
  CHECK(lab.stop("zoo", "2.0.0") ==
        failed("erlrc-stop: NODE: refused: version 1.0.0 of zoo is loaded, not 2.0.0"));
}

TEST_CASE("stop: included applications that are desired keep running by themselves") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub", "other"}, {"sub_sup"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.add(servers("other", "1.0.0", {"other_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\"), code:add_patha(\"" +
          lab.at("other", "1.0.0") + "/ebin\").");
  lab.want("top");
  lab.want("sub");
  lab.start("top", "1.0.0");
  CHECK(lab.stop("top", "1.0.0", {"--no-unload"}) == stopped("'top': (NODE) stopped_included_started"));
  CHECK(lab.ask("{[A || {A, _, _} <- application:which_applications()], is_pid(whereis(sub_a))}.") ==
        "{[sub,stdlib,kernel],true}");
  CHECK(lab.start("top", "1.0.0") == started("'top': (NODE) started_included_stopped"));

  // Unloading an application also unloads included ones, which kills the node if one of them runs.
  CHECK(lab.stop("top", "1.0.0") == stopped("'top': (NODE) unloaded"));
  CHECK(lab.ask("{[A || {A, _, _} <- application:which_applications()], is_pid(whereis(sub_a))}.") ==
        "{[sub,stdlib,kernel],true}");
  CHECK(apps(lab) == R"({[{sub,"1.0.0"}],[{sub,"1.0.0"}],["LAB/other-1.0.0/ebin","LAB/sub-1.0.0/ebin"]})");
  CHECK(lab.stop("sub", "1.0.0") == stopped("'sub': (NODE) unloaded"));
}

TEST_CASE("stop: an included application that also runs by itself survives the unloading") {
  Lab lab;
  lab.add(including("top", "1.0.0", {"sub"}));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.start("top", "1.0.0");
  lab.ask("ok = application:start(sub).");  // by another program
  CHECK(lab.stop("top", "1.0.0") == stopped("'top': (NODE) unloaded"));
  CHECK(apps(lab) == R"({[{sub,"1.0.0"}],[{sub,"1.0.0"}],["LAB/sub-1.0.0/ebin"]})");
  CHECK(lab.ask("gen_server:call(sub_a, vsn).") == R"({"1.0.0","1.0.0"})");
}

TEST_CASE("stop: an application is stopped even if its files are missing") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  std::filesystem::remove_all(lab.at("zoo", "1.0.0"));
  CHECK(lab.stop("zoo", "1.0.0").exit == 0);
  CHECK(lab.ask("lists:keymember(zoo, 1, application:loaded_applications()).") == "false");
}

// --- upgrade and downgrade

TEST_CASE("upgrade and downgrade: the running version is replaced, and processes keep their state") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  const std::string pids = lab.ask(
      "[gen_server:call(S, vsn) || S <- [zoo_a, zoo_b]], lab:mark(), [whereis(N) || N <- [zoo_sup, zoo_a, "
      "zoo_b]].");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.ask("[whereis(N) || N <- [zoo_sup, zoo_a, zoo_b]].") == pids);
  CHECK(lab.ask("[lists:sort(maps:to_list(sys:get_state(S))) || S <- [zoo_a, zoo_b]].") ==
        R"([[{calls,1},{vsn,"2.0.0"}],[{calls,1},{vsn,"2.0.0"}]])");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) already_running"));
  CHECK(lab.condition("zoo") == "new");

  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) downgraded"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) already_running"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("upgrade: only changed modules are replaced") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask(
            "true = lab:await_idle(), {erlang:check_old_code(zoo_same), erlang:module_loaded(zoo_gone)}.") ==
        "{false,false}");
}

TEST_CASE("upgrade: a third version is refused") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.add(zoo("3.0.0"));
  lab.start("zoo", "3.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-upgrade: NODE: refused: version 3.0.0 of zoo runs, not 1.0.0 or 2.0.0"));
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-downgrade: NODE: refused: version 3.0.0 of zoo runs, not 2.0.0 or 1.0.0"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE(
    "upgrade: if neither version runs and the old one is on disk, it is replaced and the new one started") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.start("zoo", "1.0.0");
  lab.stop("zoo", "1.0.0", {"--no-unload"});
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) already_running"));
  lab.stop("zoo", "2.0.0", {"--no-unload"});
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) downgraded"));
  CHECK(lab.condition("zoo") == "old");
  lab.stop("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("upgrade: if neither version runs and the old one was never installed, the new one is started") {
  Lab lab;
  lab.add(zoo("2.0.0"));
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) started"));
  CHECK(lab.ask("gen_server:call(zoo_a, vsn).") == R"({"2.0.0","2.0.0"})");

  Lab again;
  again.add(zoo("1.0.0"));
  CHECK(again.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) started"));
  CHECK(again.ask("gen_server:call(zoo_a, vsn).") == R"({"1.0.0","1.0.0"})");
}

TEST_CASE("upgrade: a missing directory of the new version is an error") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-upgrade: NODE: LAB/zoo-2.0.0/ebin: no such directory"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("upgrade: the default directories are in the node's library") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.start("zoo", "1.0.0");
  std::string lib = lab.ask("code:lib_dir().");
  lib = lib.substr(1, lib.size() - 2);
  const Ran ran = lab.run(upgrade_main, {"zoo", "1.0.0", "2.0.0"});
  if (!sees_our(lab, lib)) {
    CHECK(ran == foreign(upgraded("'zoo': (NODE) other_system"), lib));
    return;
  }
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("zoo 1.0.0 runs, but its directory " + lib + "/zoo-1.0.0/ebin does not exist") !=
        std::string::npos);
}

// --- the appup

TEST_CASE("upgrade by a generated appup: converts every kind of process and calls the author's hooks") {
  Lab lab;
  const std::vector<std::string> kinds{"server", "statem", "event", "special"};
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made{"kin", vsn, {{"kin_app", "app"}, {"kin_sup", "sup"}}};
    std::string children = child_specs({"kin_server", "kin_statem", "kin_special"});
    children.pop_back();
    // A gen_event manager returns its handlers' modules on request.
    made.modules[1].children =
        children + ", {kin_event, {kin_event, start_link, []}, permanent, 2000, worker, dynamic}]";
    for (const std::string& kind : kinds)
      made.modules.push_back({"kin_" + kind, kind});
    lab.add(made);
  }
  lab.start("kin", "1.0.0");
  lab.ask("lab:mark(), ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0") == upgraded("'kin': (NODE) upgraded"));
  CHECK(lab.condition("kin") == "new");
  CHECK(lab.ask("lists:sort([C || C <- lab:calls(), element(1, C) =:= code_change]).") ==
        R"([{code_change,kin_event,"1.0.0",[]},{code_change,kin_event,"1.0.0",[]},)"
        R"({code_change,kin_server,"1.0.0",[]},{code_change,kin_special,"1.0.0",[]},)"
        R"({code_change,kin_statem,"1.0.0",[]}])");
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =/= code_change].") ==
        R"([{init,kin_sup,"2.0.0"},{sup_upgrade_notify,kin_sup,"1.0.0","2.0.0"},)"
        R"({version_change,kin,"1.0.0",[args]},{config_change,kin,[{of_vsn,"2.0.0"}],[],[]}])");

  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.downgrade("kin", "1.0.0", "2.0.0") == downgraded("'kin': (NODE) downgraded"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("lists:sort([C || C <- lab:calls(), element(1, C) =:= code_change]).") ==
        R"([{code_change,kin_event,{down,"1.0.0"},[]},{code_change,kin_event,{down,"1.0.0"},[]},)"
        R"({code_change,kin_server,{down,"1.0.0"},[]},{code_change,kin_special,{down,"1.0.0"},[]},)"
        R"({code_change,kin_statem,{down,"1.0.0"},[]}])");
  CHECK(lab.ask("[C || C <- lab:calls(), element(1, C) =/= code_change].") ==
        R"([{version_change,kin,{down,"1.0.0"},[args]},{sup_downgrade_notify,kin_sup,"1.0.0","2.0.0"},)"
        R"({init,kin_sup,"1.0.0"},{config_change,kin,[{of_vsn,"1.0.0"}],[],[]}])");
}

TEST_CASE("upgrade by a generated appup: the author's hook can start the new children of a supervisor") {
  Lab lab;
  lab.add(servers("zoo", "1.0.0", {"zoo_a"}));
  LabRelease later = servers("zoo", "2.0.0", {"zoo_a", "zoo_b"});
  lab.add(later);
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--children=keep"}) == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.ask("[{I, is_pid(P)} || {I, P, _, _} <- supervisor:which_children(zoo_sup)].") ==
        "[{zoo_b,false},{zoo_a,true}]");
  CHECK(lab.ask("{ok, _} = supervisor:restart_child(zoo_sup, zoo_b), gen_server:call(zoo_b, vsn).") ==
        R"({"2.0.0","2.0.0"})");
}

TEST_CASE("upgrade by a shipped appup: executes its instructions in order") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  LabRelease later = zoo("2.0.0");
  later.appup = R"({"2.0.0",
    [{"1.0.0", [{add_module, zoo_new},
                {apply, {zoo_app, changed, [first]}},
                {update, zoo_a, {advanced, from_appup}},
                {load_module, zoo_lib},
                {load_module, zoo_b},
                {apply, {zoo_app, changed, [{last}]}},
                {delete_module, zoo_gone}]}],
    [{"1.0.0", [{add_module, zoo_gone},
                {update, zoo_a, {advanced, back}},
                {load_module, zoo_lib},
                {load_module, zoo_b},
                {delete_module, zoo_new}]}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == leaving(upgraded("'zoo': (NODE) upgraded"), "zoo_sup"));
  CHECK(lab.ask("lab:calls().") ==
        R"([{changed,zoo,first},{code_change,zoo_a,"1.0.0",from_appup},{changed,zoo,{last}},)"
        R"({config_change,zoo,[{of_vsn,"2.0.0"}],[],[]}])");
  // The appup only loads zoo_b: its process keeps its state.
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), gen_server:call(zoo_b, vsn), zoo_lib:vsn(), zoo_new:vsn(),"
                " erlang:module_loaded(zoo_gone)}.") ==
        R"({{"2.0.0","2.0.0"},{"2.0.0","1.0.0"},"2.0.0","2.0.0",false})");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == leaving(downgraded("'zoo': (NODE) downgraded"), "zoo_sup"));
  CHECK(lab.ask("lab:calls().") ==
        R"([{code_change,zoo_a,{down,"1.0.0"},back},{config_change,zoo,[{of_vsn,"1.0.0"}],[],[]}])");
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("upgrade by a shipped appup: its versions may be regular expressions") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  LabRelease later = zoo("2.0.0");
  later.appup = R"({"2.0.0",
    [{<<"1\\.[0-9]+\\..*">>, [{update, zoo_a, {advanced, by_pattern}}]}],
    [{<<"1\\.[0-9]+\\..*">>, [{update, zoo_a, {advanced, back_by_pattern}}]}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        leaving(upgraded("'zoo': (NODE) upgraded"), "zoo_b, zoo_gone, zoo_lib, zoo_new, zoo_sup"));
  CHECK(lab.ask("hd(lab:calls()).") == R"({code_change,zoo_a,"1.0.0",by_pattern})");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") ==
        leaving(downgraded("'zoo': (NODE) downgraded"), "zoo_b, zoo_gone, zoo_lib, zoo_new, zoo_sup"));
  CHECK(lab.ask("hd(lab:calls()).") == R"({code_change,zoo_a,{down,"1.0.0"},back_by_pattern})");
}

TEST_CASE("upgrade: a shipped appup without this version is replaced by a generated one") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  LabRelease later = zoo("2.0.0");
  later.appup = R"({"2.0.0", [{"0.9.0", []}], [{"0.9.0", []}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.condition("zoo") == "new");
}

TEST_CASE("upgrade by a shipped appup: restart_application restarts the application") {
  Lab lab;
  const std::string lost = "  remark: zoo: was stopped and is started again; what its processes knew is lost";
  lab.add(zoo("1.0.0"));
  LabRelease later = zoo("2.0.0");
  later.appup =
      R"({"2.0.0", [{"1.0.0", [{restart_application, zoo}]}], [{"1.0.0", [{restart_application, zoo}]}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") == upgraded("'zoo': (NODE) upgraded\n" + lost));
  CHECK(lab.condition("zoo") == "new");
  CHECK(lab.ask("proplists:get_value(zoo, proplists:get_value(started, application:info())).") ==
        "temporary");
  CHECK(lab.downgrade("zoo", "1.0.0", "2.0.0") == downgraded("'zoo': (NODE) downgraded\n" + lost));
  CHECK(lab.condition("zoo") == "old");
}

TEST_CASE("upgrade: a change that no running node can make is refused before anything changes") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  LabRelease later = zoo("2.0.0");
  later.appup = R"({"2.0.0", [{"1.0.0", [restart_new_emulator]}], [{"1.0.0", []}]}.)";
  lab.add(later);
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        failed("erlrc-upgrade: NODE: needs_restart: its appup asks for restart_new_emulator"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("upgrade: the same version can be installed again from a rebuilt package") {
  Lab lab;
  LabRelease release = zoo("1.0.0");
  lab.add(release);
  lab.start("zoo", "1.0.0");
  lab.ask("gen_server:call(zoo_a, vsn).");
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") == upgraded("'zoo': (NODE) already_running"));

  const std::filesystem::path kept = lab.dir() / "kept";
  std::filesystem::rename(lab.at("zoo", "1.0.0"), kept);
  for (LabModule& module : release.modules)
    if (module.name == "zoo_lib") module.kind = "same";
  lab.add(release);
  CHECK(lab.run(upgrade_main, {"zoo", "1.0.0", "1.0.0", kept.string(), lab.at("zoo", "1.0.0")}) ==
        upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.ask("{zoo_lib:same(), sys:get_state(zoo_a) =:= #{vsn => \"1.0.0\", calls => 1}}.") ==
        "{same,true}");
  CHECK(lab.upgrade("zoo", "1.0.0", "1.0.0") == upgraded("'zoo': (NODE) already_running"));
  CHECK(lab.run(downgrade_main, {"zoo", "1.0.0", "1.0.0", kept.string(), lab.at("zoo", "1.0.0")}) ==
        downgraded("'zoo': (NODE) downgraded"));
  CHECK(lab.ask("erlang:function_exported(zoo_lib, same, 0).") == "false");
}

// --- included applications

const std::string no_longer =
    "  remark: application sub is no longer included: it is started by itself, and what its processes know "
    "is "
    "lost";

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

// --- several nodes

TEST_CASE("several nodes: all change, each has its line") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.add_node();
  CHECK(lab.start("zoo", "1.0.0") ==
        Ran{0, "erlrc-start: Starting 'zoo': (NODE) started\nerlrc-start: Starting 'zoo': (NODE2) started\n",
            ""});
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'zoo': (NODE) upgraded\nerlrc-upgrade: Upgrading 'zoo': (NODE2) "
            "upgraded\n",
            ""});
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), lab:await_idle()}.", 0) == R"({{"2.0.0","2.0.0"},true})");
  CHECK(lab.ask("{gen_server:call(zoo_a, vsn), lab:await_idle()}.", 1) == R"({{"2.0.0","2.0.0"},true})");
}

TEST_CASE("several nodes: if one fails, the others are rolled back") {
  Lab lab;
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0"));
  lab.add_node();
  lab.start("zoo", "1.0.0");
  lab.ask("lab:mark().", 0);
  lab.ask("lab:mark(), lab:on({code_change, zoo_b}, crash).", 1);
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.out == "");
  CHECK(
      ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: node NODE2 failed\n"
                          "  remark: zoo_app:version_change/2 was called, and nothing undoes what it did\n"
                          "erlrc-upgrade: NODE2: rolled_back: "));
  CHECK(lab.ask("lab:diff().", 0) == "[]");
  CHECK(lab.ask("lab:diff().", 1) == "[]");
}
