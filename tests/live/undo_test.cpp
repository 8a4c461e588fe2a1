// SPDX-License-Identifier: BSD-3-Clause
#include <fstream>

#include "catch.hpp"
#include "lab.hpp"

// Tests that the node is as before after a failure in the middle of a plan. lab:snapshot/0 compares the
// modules, the states of all processes and whether they run, the supervisors' children, the code path, the
// applications with their keys, environments and whether they run, and the registered names.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::vector<std::string> kinds{"server", "statem", "event", "special"};

/// A server, followed by one process of each kind.
LabRelease kin(const std::string& vsn) {
  LabRelease made{"kin", vsn, {{"kin_app", "app"}, {"kin_sup", "sup"}, {"kin_first", "server"}}};
  std::string children = child_specs({"kin_first", "kin_server", "kin_statem", "kin_special"});
  children.pop_back();
  made.modules[1].children =
      children + ", {kin_event, {kin_event, start_link, []}, permanent, 2000, worker, dynamic}]";
  for (const std::string& kind : kinds)
    made.modules.push_back({"kin_" + kind, kind});
  made.modules.push_back({"kin_lib", "plain"});
  made.modules.push_back({"kin_loads", "loads"});
  made.modules.push_back({vsn == "1.0.0" ? "kin_gone" : "kin_new", "plain"});
  return made;
}

/// Each process has its own instruction, so that those before it have already been resumed.
const std::string one_by_one = R"({"2.0.0",
  [{"1.0.0", [{add_module, kin_new}, {load_module, kin_lib}, {update, kin_first, {advanced, []}},
              {update, kin_server, {advanced, []}}, {update, kin_statem, {advanced, []}},
              {update, kin_special, {advanced, []}}, {update, kin_event, {advanced, []}},
              {update, kin_sup, supervisor}, {load_module, kin_loads}, {apply, {kin_app, changed, [up]}},
              {delete_module, kin_gone}]}],
  [{"1.0.0", [{add_module, kin_gone}, {apply, {kin_app, changed, [down]}}, {load_module, kin_loads},
              {update, kin_sup, supervisor}, {update, kin_event, {advanced, []}},
              {update, kin_special, {advanced, []}}, {update, kin_statem, {advanced, []}},
              {update, kin_server, {advanced, []}}, {update, kin_first, {advanced, []}},
              {load_module, kin_lib}, {delete_module, kin_new}]}]}.)";

/// Both versions; 1.0.0 or 2.0.0 runs.
void set_up(Lab& lab, const std::string& appup, const std::string& running = "1.0.0") {
  lab.add(kin("1.0.0"));
  LabRelease later = kin("2.0.0");
  later.appup = appup;
  lab.add(later);
  REQUIRE(lab.start("kin", running).exit == 0);
  // Calls recorded in the states, and settings at run time.
  lab.ask(
      "gen_server:call(kin_first, vsn), gen_server:call(kin_server, vsn),"
      " application:set_env(kin, at_run_time, 1), lab:mark().");
}

void fails(Lab& lab, const std::string& callback, const std::string& how) {
  REQUIRE(lab.ask("lab:on(" + callback + ", " + how + ").") == "ok");
}

std::string condition(Lab& lab) {
  lab.ask("application:unset_env(kin, at_run_time).");
  return lab.condition("kin");
}

/// The node is as before, and nothing blocks the next attempt.
void check_rolled_back(Lab& lab, const std::string& diff = "lab:diff().") {
  CHECK(lab.ask(diff) == "[]");
  lab.ask("ets:delete_all_objects(lab_acts).");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0").exit == 0);
  CHECK(condition(lab) == "new");
}

}  // namespace

TEST_CASE("after a failed code_change every process has its old state and keeps running") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string kind = GENERATE(from_range(kinds));
  const std::string how = GENERATE("crash", "exit", "throw", "{answer, {error, no}}", "{answer, garbage}",
                                   "{answer, {ok}}", "{answer, ok}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(kind, how);
  Lab lab;
  set_up(lab, appup);
  fails(lab, "{code_change, kin_" + kind + "}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.out == "");
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(ran.err.find(" kin_" + kind + " ") != std::string::npos);
  CHECK(ran.err.find("\n") == ran.err.size() - 1);
  check_rolled_back(lab);
}

TEST_CASE("a failed code_change of a downgrade is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string kind = GENERATE(from_range(kinds));
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(kind);
  Lab lab;
  set_up(lab, appup, "2.0.0");
  fails(lab, "{code_change, kin_" + kind + "}", "crash");
  const Ran ran = lab.downgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-downgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(lab.ask("lab:diff().") == "[]");
  lab.ask("ets:delete_all_objects(lab_acts).");
  CHECK(lab.downgrade("kin", "1.0.0", "2.0.0").exit == 0);
  CHECK(condition(lab) == "old");
}

TEST_CASE("a process whose code_change never returns is started again with its old state") {
  const std::string kind = GENERATE(from_range(kinds));
  CAPTURE(kind);
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab, one_by_one);
    fails(lab, "{code_change, kin_" + kind + "}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.out == "");
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(ran.err.find("did not return in time\n") != std::string::npos);
  // Only that process is a new one.
  CHECK(lab.ask("[{S, [N || {N, _} <- A], [N || {N, _} <- B]} || {S, A, B} <- lab:diff()].") ==
        "[{pids,[kin_" + kind + "],[kin_" + kind + "]}]");
  check_rolled_back(lab, "lab:diff_but_pids().");
}

TEST_CASE("missing parts of a process that is started again are reported") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab, "");
    lab.ask("ok = gen_event:add_handler(kin_event, {kin_event, three}, three), lab:mark().");
    fails(lab, "{code_change, kin_event}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(
      ran.err.find(
          "  left: kin_event: was started again, because its code_change did not return, but not with all of "
          "its state\n") != std::string::npos);
  CHECK(lab.ask("gen_event:which_handlers(kin_event).") == "[{kin_event,two},{kin_event,one}]");
  CHECK(condition(lab) == "old");
}

TEST_CASE("several code_changes that never return are rolled back") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab, "");
    for (const std::string& kind : kinds)
      fails(lab, "{code_change, kin_" + kind + "}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  check_rolled_back(lab, "lab:diff_but_pids().");
}

TEST_CASE("a supervisor whose new init fails is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string how = GENERATE("crash", "exit", "{answer, garbage}", "{answer, {ok, {#{}, [bad]}}}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(how);
  Lab lab;
  set_up(lab, appup);
  fails(lab, "{init, kin_sup}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  check_rolled_back(lab);
}

TEST_CASE("a supervisor whose new init never returns is not killed and gets its old state later") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab, "");
    fails(lab, "{init, kin_sup}", "{wait, ok}");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: broken: code_change failed: <0."));
  CHECK(ran.err.find("kin_sup in timer:sleep/1: its code_change has not returned; when it does, it continues "
                     "as before\n") != std::string::npos);
  CHECK(lab.ask("lab:release({init, kin_sup}), lab:status(kin_sup), lab:diff_at_last().") == "[]");
  check_rolled_back(lab);
}

TEST_CASE("a failed call of the appup or of a hook is rolled back") {
  const auto [appup, callback] =
      GENERATE(table<std::string, std::string>({{one_by_one, "{changed, kin}"},
                                                {"", "{sup_upgrade_notify, kin_sup}"},
                                                {"", "{version_change, kin}"}}));
  const std::string how = GENERATE("crash", "exit", "throw");
  CAPTURE(callback, how);
  Lab lab;
  set_up(lab, appup);
  fails(lab, callback, how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: kin_"));
  check_rolled_back(lab);
}

TEST_CASE("a call of the appup that never returns is rolled back") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab, one_by_one);
    fails(lab, "{changed, kin}", "hang");
    return lab.upgrade("kin", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  CHECK(ran == Ran{1, "",
                   "erlrc-upgrade: NODE: rolled_back: kin_app:changed/1: not done within the time limit\n"
                   "  remark: kin_app:changed/1 was called, and nothing undoes what it did\n"});
  check_rolled_back(lab);
}

TEST_CASE("the counterpart of a hook is called if a later step fails") {
  Lab lab;
  set_up(lab, "");
  fails(lab, "{version_change, kin}", "crash");
  lab.ask("ets:delete_all_objects(lab_calls).");
  CHECK(lab.upgrade("kin", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("[C || C <- lab:calls(), element(2, C) =:= kin_sup].") ==
        R"([{init,kin_sup,"2.0.0"},{sup_upgrade_notify,kin_sup,"1.0.0","2.0.0"},)"
        R"({sup_downgrade_notify,kin_sup,"1.0.0","2.0.0"}])");
  check_rolled_back(lab);
}

TEST_CASE("a failed config_change is rolled back") {
  const std::string how = GENERATE("crash", "exit", "throw", "{answer, garbage}");
  CAPTURE(how);
  Lab lab;
  set_up(lab, "");
  fails(lab, "{config_change, kin}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: kin: config_change: "));
  check_rolled_back(lab);
}

TEST_CASE("a module whose on_load fails is rolled back") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  const std::string how = GENERATE("crash", "{answer, no}");
  INFO((appup.empty() ? "made appup" : "shipped appup"));
  CAPTURE(how);
  Lab lab;
  set_up(lab, appup);
  fails(lab, "{{on_load, \"2.0.0\"}, kin_loads}", how);
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: kin_loads: cannot be loaded: "));
  check_rolled_back(lab);
}

TEST_CASE("broken files of the new version change nothing") {
  const std::string appup = GENERATE(std::string(), one_by_one);
  Lab lab;
  set_up(lab, appup);
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

TEST_CASE("a failed start of an application that is no longer included is rolled back") {
  const std::string how = GENERATE("crash", "{answer, {error, no}}");
  Lab lab;
  LabRelease with = {
      "top", "1.0.0", {{"top_app", "app"}, {"top_sup", "sup"}}, ", {included_applications, [sub]}"};
  LabRelease without = {"top", "2.0.0", {{"top_app", "app"}, {"top_sup", "sup"}}};
  lab.add(with);
  lab.add(without);
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  lab.start("top", "1.0.0");
  lab.ask("sub_app:module_info(), lab:mark().");
  fails(lab, "{start, sub}", how);
  const Ran ran = lab.upgrade("top", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: sub: start: "));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("a newly included application that was stopped runs again if a later step fails") {
  Lab lab;
  lab.add(servers("top", "1.0.0", {"top_a"}));
  lab.add(servers("top", "2.0.0", {"top_a"}, ", {included_applications, [sub]}"));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.start("top", "1.0.0");
  lab.start("sub", "1.0.0");
  lab.ask("lab:mark().");
  fails(lab, "{code_change, top_a}", "crash");
  CHECK(lab.upgrade("top", "1.0.0", "2.0.0").exit == 1);
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("included applications that were stopped for a start run again if it fails") {
  const std::string how = GENERATE("crash", "exit", "{answer, {error, no}}", "{answer, garbage}");
  CAPTURE(how);
  Lab lab;
  lab.add(servers("top", "1.0.0", {"top_a"}, ", {included_applications, [sub]}"));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.start("sub", "1.0.0");
  lab.ask("lab:mark().");
  fails(lab, "{start, top}", how);
  const Ran ran = lab.start("top", "1.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-start: NODE: rolled_back: top: start: "));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("a start that never ends is rolled back") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    lab.add(servers("top", "1.0.0", {"top_a"}, ", {included_applications, [sub]}"));
    lab.add(servers("sub", "1.0.0", {"sub_a"}));
    lab.start("sub", "1.0.0");
    lab.ask("lab:mark().");
    fails(lab, "{start, top}", "hang");
    return lab.start("top", "1.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  CHECK(ran == Ran{1, "",
                   "erlrc-start: NODE: rolled_back: top: start: not done within the time limit\n"
                   "  remark: sub: was stopped and is started again; what its processes knew is lost\n"});
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

TEST_CASE("the including application runs again if an included one does not start after the stop") {
  Lab lab;
  lab.add(servers("top", "1.0.0", {"top_a"}, ", {included_applications, [sub]}"));
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  lab.start("top", "1.0.0");
  lab.ask("sub_app:module_info(), application:set_env(top, at_run_time, 1), lab:mark().");
  fails(lab, "{start, sub}", "{answer, {error, no}}");
  const Ran ran = lab.stop("top", "1.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-stop: NODE: rolled_back: sub: start: "));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
}

namespace {

/// A process with its own table.
LabRelease attic(const std::string& vsn) {
  return {"attic",
          vsn,
          {{"attic_app", "app"},
           {"attic_sup", "tree", child_specs({"attic_keeper"})},
           {"attic_keeper", "keeper"}}};
}

/// Version 1.0.0 runs, and the table has a row.
void open_attic(Lab& lab, LabRelease later = attic("2.0.0")) {
  lab.add(attic("1.0.0"));
  lab.add(later);
  REQUIRE(lab.start("attic", "1.0.0").exit == 0);
  lab.ask("ets:insert(attic_keeper_table, {kept, 1}), lab:mark().");
}

const std::string its_table = "because table attic_keeper_table died with it\n";

}  // namespace

TEST_CASE("a code_change that ends after its time limit loses nothing") {
  Lab lab;
  open_attic(lab);
  fails(lab, "{code_change, attic_keeper}", "{sleep, 5500}");
  const Ran ran = lab.upgrade("attic", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: code_change failed: <0."));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.ask("ets:tab2list(attic_keeper_table).") == "[{kept,1}]");
  CHECK(lab.condition("attic") == "old");
}

TEST_CASE("resources lost with a process that is started again are reported") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    open_attic(lab);
    lab.ask(
        "sys:replace_state(attic_keeper, fun(State) ->"
        "  register(attic_helper, spawn_link(timer, sleep, [infinity])), State end).");
    fails(lab, "{code_change, attic_keeper}", "hang");
    return lab.upgrade("attic", "1.0.0", "2.0.0", lab.limit(seconds));
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find(
            "  left: attic_keeper: was started afresh, because its code_change did not return; its "
            "state is not put back, because table attic_keeper_table, process attic_helper died with it\n") !=
        std::string::npos);
  CHECK(lab.ask("ets:tab2list(attic_keeper_table).") == "[]");
  CHECK(lab.condition("attic") == "old");
}

TEST_CASE("a table lost with a process that the appup stops is reported if a later step fails") {
  Lab lab;
  LabRelease later = attic("2.0.0");
  later.appup =
      "{\"2.0.0\", [{\"1.0.0\", [{load_object_code, {attic, \"2.0.0\", [attic_keeper]}}, point_of_no_return,"
      " {stop, [attic_keeper]}, {load, {attic_keeper, brutal_purge, brutal_purge}}, {start, [attic_keeper]},"
      " {apply, {erlang, error, [late]}}]}], []}.";
  open_attic(lab, later);
  const Ran ran = lab.upgrade("attic", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(ran.err.find("  left: attic_keeper: was stopped and started afresh; its state is not put back, " +
                     its_table) != std::string::npos);
  CHECK(lab.condition("attic") == "old");
}

TEST_CASE("a table lost with a child that the new version lacks is reported if a later step fails") {
  Lab lab;
  LabRelease one = attic("1.0.0");
  LabRelease two = {
      "attic",
      "2.0.0",
      {{"attic_app", "app"}, {"attic_sup", "tree", child_specs({"attic_new"})}, {"attic_new", "server"}}};
  const std::string includes = ", {included_applications, [sub]}";
  one.keys = includes;
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_patha(\"" + lab.at("sub", "1.0.0") + "/ebin\").");
  lab.want("sub");
  lab.add(one);
  lab.add(two);
  REQUIRE(lab.start("attic", "1.0.0").exit == 0);
  lab.ask("sub_app:module_info(), ets:insert(attic_keeper_table, {kept, 1}), lab:on({start, sub}, crash).");
  const Ran ran = lab.upgrade("attic", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 3);
  CHECK(
      ran.err.find("  left: child attic_keeper: was stopped and started afresh; its state is not put back, " +
                   its_table) != std::string::npos);
  CHECK(lab.condition("attic") == "old");
}

TEST_CASE("an on_load that does not return within the time limit is ended, so that it loads nothing later") {
  const bool there = GENERATE(true, false);
  CAPTURE(there);
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    set_up(lab, "");
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

TEST_CASE("an event handler that was added twice gets its old state, or is named") {
  const bool alike = GENERATE(true, false);
  CAPTURE(alike);
  Lab lab;
  set_up(lab, one_by_one);
  lab.ask("[ok = gen_event:add_handler(kin_event, kin_event, Id) || Id <- [twin, " +
          std::string(alike ? "twin" : "other") + "]], lab:mark().");
  fails(lab, "{changed, kin}", "crash");
  const Ran ran = lab.upgrade("kin", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (alike ? 1 : 3));
  if (alike)
    CHECK(lab.ask("lab:diff().") == "[]");
  else
    CHECK(ran.err.find(" kin_event in sys:suspend_loop/6: its state could not be put back as a whole\n") !=
          std::string::npos);
}

TEST_CASE("a process that the appup stops too late runs again") {
  std::optional<Lab> host;
  const Ran ran = at_limit(host, [&](Lab& lab, double seconds) {
    LabRelease one{"kin",
                   "1.0.0",
                   {{"kin_app", "app"},
                    {"kin_sup", "sup",
                     "[{kin_slow, {kin_slow, start_link, []}, permanent, infinity, worker, [kin_slow]}]"},
                    {"kin_slow", "parting"}}};
    LabRelease two = one;
    two.vsn = "2.0.0";
    two.appup =
        "{\"2.0.0\", [{\"1.0.0\", [{load_object_code, {kin, \"2.0.0\", [kin_slow]}}, point_of_no_return,"
        " {stop, [kin_slow]}, {load, {kin_slow, brutal_purge, brutal_purge}}, {start, [kin_slow]}]}], []}.";
    lab.add(one);
    lab.add(two);
    REQUIRE(lab.start("kin", "1.0.0").exit == 0);
    lab.ask("lab:mark().");
    const std::vector<std::string> limit = lab.limit(seconds);
    // The plan gets three quarters of the time.
    const int ms = static_cast<int>(std::stod(limit.at(1)) * 850);
    lab.ask("lab:on({terminate, kin_slow}, {sleep, " + std::to_string(ms) + "}, 1).");
    return lab.upgrade("kin", "1.0.0", "2.0.0", limit);
  });
  Lab& lab = *host;
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with(
      "erlrc-upgrade: NODE: rolled_back: kin_slow: stop: not done within the time limit\n"));
  CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  CHECK(lab.condition("kin") == "old");
}
