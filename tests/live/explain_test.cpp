// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "lab.hpp"
#include "paths.hpp"

// Tests that --explain prints what an upgrade will do with each module, process and child, and does none of
// it.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A supervisor with debug information.
std::string tree(Lab& lab) {
  std::string source = read_file(in_source("tests/live/lab/tree.erl"));
  const std::string vsn = "-vsn(?VSN).\n";
  source.insert(source.find(vsn) + vsn.size(), "-compile(debug_info).\n");
  lab.dir().write("kinds/debugged.erl", source);
  return (lab.dir() / "kinds/debugged").string();
}

/// A tree of servers; `top` and `low` are the children of the supervisors fir_sup and fir_low.
LabRelease fir(Lab& lab, const std::string& vsn, const std::vector<std::string>& top,
               const std::vector<std::string>& low, const std::string& appup = "") {
  LabRelease made{"fir",
                  vsn,
                  {{"fir_app", "app"},
                   {"fir_sup", tree(lab), child_specs(top) + " ++ " + child_specs({"fir_low"}, "supervisor")},
                   {"fir_low", tree(lab), child_specs(low)}}};
  for (const std::string name : {"fir_a", "fir_b", "fir_c"})
    made.modules.push_back({name, name == std::string("fir_c") ? "quiet" : "server"});
  made.appup = appup;
  return made;
}

void start(Lab& lab) {
  REQUIRE(lab.start("fir", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
}

}  // namespace

TEST_CASE("explain: each module with what is done and how many processes run it; nothing changes") {
  Lab lab;
  lab.add(fir(lab, "1.0.0", {"fir_a"}, {"fir_b"}));
  lab.add(fir(lab, "2.0.0", {"fir_a", "fir_c"}, {}));
  start(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.starts_with("erlrc-upgrade: Upgrading 'fir': (NODE) upgraded (dry run)\n"));
  CHECK(has(ran.out,
            "  remark: module fir_a: changed: code_change/3 converts the states; 1 process runs it: <"));
  CHECK(has(ran.out,
            "  remark: module fir_c: changed: code_change/3 converts the states; no process runs it\n"));
  CHECK(has(ran.out,
            "  remark: module fir_sup: changed: its supervisors call init/1 again; 1 process runs it: <"));
  CHECK(has(ran.out, "  remark: supervisor fir_sup: will start fir_c\n"));
  CHECK(has(ran.out, "  remark: supervisor fir_low: will stop fir_b\n"));
  CHECK(has(ran.out, "  note: appup: made, because the package ships none\n"));
  CHECK(has(ran.out, "  1. "));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.condition("fir") == "old");
}

TEST_CASE("explain: a child that moves to another supervisor is named, before and after") {
  Lab lab;
  lab.add(fir(lab, "1.0.0", {"fir_a"}, {"fir_b"}));
  lab.add(fir(lab, "2.0.0", {"fir_a", "fir_b"}, {}));
  start(lab);
  const Ran before = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain"});
  INFO(before);
  CHECK(has(before.out,
            "  remark: child fir_b of fir_low: moves to fir_sup: stopped and started again, and its "
            "state is lost\n"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0") ==
        Ran{0,
            "erlrc-upgrade: Upgrading 'fir': (NODE) upgraded\n"
            "  remark: child fir_b of fir_low: moved to fir_sup: stopped and started again, and its state is "
            "lost\n",
            ""});
  const Ran back = lab.downgrade("fir", "1.0.0", "2.0.0", {"--explain"});
  INFO(back);
  CHECK(has(back.out, "child fir_b of fir_sup: moves to fir_low: "));
}

TEST_CASE(
    "explain: without debug information it is not known which children will change, which is reported") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = fir(lab, vsn, {"fir_a"}, {"fir_b"});
    made.modules.at(1).kind = "tree";
    lab.add(made);
  }
  start(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out,
            "  remark: supervisor fir_sup: which children it will stop and start is not known before, "
            "because of code without debug information in fir_sup:init/1\n"));
}

TEST_CASE("explain: how much memory the processes of a module have, if it is much") {
  Lab lab;
  lab.add(fir(lab, "1.0.0", {"fir_a"}, {}));
  lab.add(fir(lab, "2.0.0", {"fir_a"}, {}));
  start(lab);
  lab.ask(
      "sys:replace_state(fir_a, fun(S) -> S#{big => lists:seq(1, 200000)} end),"
      " erlang:garbage_collect(whereis(fir_a)).");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain"});
  INFO(ran);
  CHECK(has(ran.out,
            "  remark: module fir_a: changed: code_change/3 converts the states; 1 process runs it: <"));
  CHECK(has(ran.out, " MB of states and messages\n"));
}

TEST_CASE("explain: what a restart will lose is named, with the processes") {
  Lab lab;
  const auto [instruction, lost] = GENERATE(table<std::string, std::string>(
      {{"{restart_application, fir}",
        "the application is stopped and started again, and what its processes know is lost"},
       {"{stop, [fir_a]}, {load, {fir_a, brutal_purge, brutal_purge}}, {start, [fir_a]}",
        "its processes are stopped and started again, and what they know is lost"}}));
  const std::string load = instruction.starts_with("{stop")
                               ? "{load_object_code, {fir, \"2.0.0\", [fir_a]}}, "
                                 "point_of_no_return, "
                               : "";
  lab.add(fir(lab, "1.0.0", {"fir_a"}, {"fir_b"}));
  lab.add(fir(lab, "2.0.0", {"fir_a"}, {"fir_b"},
              "{\"2.0.0\", [{\"1.0.0\", [" + load + instruction + "]}], [{\"1.0.0\", []}]}."));
  start(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "  remark: module fir_a: changed: " + lost + "; 1 process runs it: <"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("explain: an upgrade that would be refused is, with the same reason and exit status") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = fir(lab, vsn, {"fir_a"}, {});
    made.modules.push_back({"fir_lib", "plain"});
    lab.add(made);
  }
  start(lab);
  lab.ask("register(lingers, spawn(fir_lib, linger, [])), lab:mark().");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain", "--stranded=refuse"});
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(
      ran.err.starts_with("erlrc-upgrade: NODE: refused: processes that nothing converts: 1 in fir_lib: <"));
  CHECK(has(ran.err,
            "  remark: module fir_lib: changed: loaded, and no state is converted; 1 process runs it: <"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("explain: an upgrade that would be refused at its end only is explained") {
  Lab lab;
  lab.add(fir(lab, "1.0.0", {"fir_a"}, {}));
  LabRelease later =
      fir(lab, "2.0.0", {"fir_a"}, {},
          "{\"2.0.0\", [{\"1.0.0\", [{apply, {erlang, is_alive, []}}, {load_module, fir_a}]}], []}.");
  later.modules.at(3).kind = "plain";
  lab.add(later);
  start(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out,
            "  remark: module fir_a: changed: loaded, and no state is converted; 1 process runs it: <"));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("explain: is in the JSON record, and excludes a rehearsal") {
  Lab lab;
  lab.add(fir(lab, "1.0.0", {"fir_a"}, {"fir_b"}));
  lab.add(fir(lab, "2.0.0", {"fir_a"}, {"fir_b"}));
  start(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain", "--json"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, R"("dry_run":true)"));
  CHECK(has(ran.out, R"("module fir_a: changed: code_change/3 converts the states; 1 process runs it: <)"));
  CHECK(lab.upgrade("fir", "1.0.0", "2.0.0", {"--explain", "--rehearse"}).exit == 2);
}
