// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests changed records of a library while processes of other modules have them in their states (--records).

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A library with records, and a server that its own appup may convert.
LabRelease lib(const std::string& vsn) {
  LabRelease made = servers("lib", vsn, {"lib_a"});
  made.modules.push_back({"lib_rec", "records"});
  return made;
}

void set_up(Lab& lab) {
  lab.add(lib("1.0.0"));
  lab.add(lib("2.0.0"));
  lab.add(servers("top", "1.0.0", {"top_a", "top_b"}));
  REQUIRE(lab.start("lib", "1.0.0").exit == 0);
  REQUIRE(lab.start("top", "1.0.0").exit == 0);
}

/// Puts a record of the library somewhere into the state of a process.
void give(Lab& lab, const std::string& process, const std::string& made) {
  lab.ask("sys:replace_state(" + process + ", fun(S) -> S#{has => [{[x, lib_rec:" + made +
          "()], y}]} end), lab:mark().");
}

/// The text that names a waiting server. The arity of its loop depends on the release.
std::string text_of(Lab& lab, const std::string& process) {
  return lab.pid_of(process) + " " + process + " in gen_server:loop/" +
         lab.ask("{_, {_, _, N}} = process_info(whereis(" + process + "), current_function), N.");
}

std::string containing(Lab& lab, const std::string& process) {
  return "unconverted processes hold records whose definition changes: sample of lib_rec in 1: " +
         text_of(lab, process);
}

const Ran upgraded{0, "erlrc-upgrade: Upgrading 'lib': (NODE) upgraded\n", ""};

}  // namespace

TEST_CASE("records: a process of another application that has one is named, and the upgrade refused") {
  Lab lab;
  set_up(lab);
  give(lab, "top_b", "sample");
  const Ran ran = lab.upgrade("lib", "1.0.0", "2.0.0");
  CHECK(ran == Ran{1, "", "erlrc-upgrade: NODE: refused: " + containing(lab, "top_b") + "\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("records: --records=report reports it, and continues") {
  Lab lab;
  set_up(lab);
  give(lab, "top_b", "sample");
  const std::string refusal = containing(lab, "top_b");
  CHECK(lab.upgrade("lib", "1.0.0", "2.0.0", {"--records=report"}) ==
        Ran{0, upgraded.out + "  remark: " + refusal + "\n", ""});
  CHECK(lab.condition("lib") == "new");
}

TEST_CASE("records: unchanged ones and states are not reported") {
  Lab lab;
  set_up(lab);
  SECTION("a record that is the same in both versions") {
    give(lab, "top_a", "other");
  }
  SECTION("a record as a state") {
    give(lab, "top_a", "state");
  }
  CHECK(lab.upgrade("lib", "1.0.0", "2.0.0") == upgraded);
}

TEST_CASE("records: a process that does not answer or is too big is not searched, which is reported") {
  Lab lab;
  set_up(lab);
  lab.ask(
      "lab:on({busy, top_a}, {wait, ok}), gen_server:cast(top_a, {act, busy}),"
      " lab:await_reached({busy, top_a}),"
      " sys:replace_state(top_b, fun(S) -> S#{has => {lib_rec:sample(), lists:seq(1, 200000)}} end).");
  const Ran ran = lab.upgrade("lib", "1.0.0", "2.0.0");
  lab.ask("lab:release({busy, top_a}).");
  CHECK(ran.exit == 0);
  CHECK(ran.out == upgraded.out + "  remark: 1 processes could not be searched for records that change: " +
                       text_of(lab, "top_b") + "\n");
}

TEST_CASE("records: one in a process that is converted is named, unless it is converted, too") {
  Lab lab;
  set_up(lab);
  give(lab, "lib_a", "sample");
  const Ran ran = lab.upgrade("lib", "1.0.0", "2.0.0", {"--records=report"});
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "remark: code_change has not converted records: sample of lib_rec in 1: "));
}

TEST_CASE("records: one of another module that code_change has not converted is found, and rolled back") {
  Lab lab;
  const auto [also, kept] =
      GENERATE(table<std::string, bool>({{"", true}, {"val({part, X}) -> X;\n", false}}));
  CAPTURE(also);
  lab.dir().write("kinds/holder.erl",
                  "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n-compile(debug_info).\n"
                  "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
                  "-if(?VSN =:= \"1.0.0\").\n-record(holds, {n = 0, part}).\n"
                  "code_change(_, {holds, N, P, _}, _) -> {ok, #holds{n = N, part = P}}.\n"
                  "-else.\n-record(holds, {n = 0, part, more}).\n"
                  "code_change(_, {holds, N, P}, _) -> {ok, #holds{n = N, part = P}}.\n-endif.\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, #holds{n = 1, part = zoo_part:new()}}.\n"
                  "handle_call(n, _, #holds{part = P} = S) -> {reply, zoo_part:val(P), S}.\n"
                  "handle_cast(_, S) -> {noreply, S}.\n");
  lab.dir().write("kinds/part.erl",
                  "-module(MODULE).\n-vsn(?VSN).\n-compile(debug_info).\n-export([new/0, val/1]).\n"
                  "-if(?VSN =:= \"1.0.0\").\n-record(part, {x = 7}).\n"
                  "-else.\n-record(part, {x = 7, y}).\n-endif.\n"
                  "new() -> #part{}.\n" +
                      also + "val(#part{x = X}) -> X.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = servers("zoo", vsn, {"zoo_rec"});
    made.modules.back().kind = (lab.dir() / "kinds/holder").string();
    made.modules.push_back({"zoo_part", (lab.dir() / "kinds/part").string()});
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == (kept ? 1 : 0));
  CHECK(has(ran.err, "rolled_back: code_change has not converted records: part of zoo_part in 1: ") == kept);
  CHECK(lab.ask("gen_server:call(zoo_rec, n).") == "7");
}
