// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "outcomes.hpp"
#include "paths.hpp"

// Tests that the clients of a special process, which wait in a function of its module, are not taken for
// processes of its kind.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// The special process zoo_special, with a function in which its clients wait, and zoo_user, which calls
/// that.
LabRelease with_clients(Lab& lab, const std::string& vsn) {
  std::string special = read_file(in_source("tests/live/lab/special.erl"));
  special.insert(special.find("-export("), "-export([await/0]).\n");
  lab.dir().write("kinds/awaited.erl", special + "await() -> receive {answer, Answer} -> Answer end.\n");
  lab.dir().write("kinds/user.erl",
                  "-module(MODULE).\n-vsn(?VSN).\n-export([run/1, vsn/0]).\nvsn() -> ?VSN.\n"
                  "run(Name) -> register(Name, self()), {done, zoo_special:await()}.\n");
  return {"zoo",
          vsn,
          {{"zoo_app", "app"},
           {"zoo_sup", "sup", child_specs({"zoo_special"})},
           {"zoo_special", (lab.dir() / "kinds/awaited").string()},
           {"zoo_user", (lab.dir() / "kinds/user").string()}}};
}

}  // namespace

TEST_CASE("stranded: a client that waits in a function of a special process is not taken for one") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    lab.add(with_clients(lab, vsn));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string client =
      GENERATE("spawn(fun() -> register(zoo_client, self()), zoo_special:await() end)",
               "spawn(fun() -> register(zoo_client, self()), [zoo_special:await()] end)",
               "proc_lib:spawn(fun() -> register(zoo_client, self()), "
               "zoo_special:await() end)",
               "spawn(zoo_user, run, [zoo_client])", "proc_lib:spawn(zoo_user, run, [zoo_client])");
  CAPTURE(client);
  lab.ask("lab:await_rest(" + client + ").");
  const std::string waits = lab.pid_of("zoo_client") + " zoo_client in zoo_special:await/0";
  const Ran rehearsed = lab.upgrade("zoo", "1.0.0", "2.0.0", {"--rehearse"});
  INFO(rehearsed);
  CHECK(rehearsed.out.find("  rehearsed: zoo_special: 0 of 1 state converted\n") != std::string::npos);
  // Only the remark that it keeps running old code names it.
  const auto named = rehearsed.out.find("zoo_client");
  CHECK(rehearsed.out.find("zoo_client", named + 1) == std::string::npos);
  CHECK(has(rehearsed.out, waits));
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find("  remark: processes that nothing converts keep running old code: 1 in zoo_") !=
        std::string::npos);
  CHECK(ran.out.find(waits) != std::string::npos);
  CHECK(lab.ask("zoo_special ! {vsn, self()}, receive V -> V after 60000 -> none end.") ==
        "{\"2.0.0\",\"2.0.0\"}");
  // It has got nothing but its answer.
  CHECK(lab.ask("{_, N} = process_info(whereis(zoo_client), message_queue_len), N.") == "0");
  CHECK(lab.ask("R = monitor(process, zoo_client), zoo_client ! {answer, 1}, "
                "receive {'DOWN', R, _, _, Why} -> Why after 60000 -> none end.") == "normal");
}

TEST_CASE("stranded: a loop that takes system messages is converted, whatever started it") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"})
    lab.add(with_clients(lab, vsn));
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  const std::string spawn = GENERATE("spawn", "proc_lib:spawn");
  CAPTURE(spawn);
  lab.ask("lab:await_rest(" + spawn +
          "(fun() -> register(zoo_other, self()), zoo_special:loop(whereis(zoo_sup), #{vsn => \"1.0.0\"}) "
          "end)).");
  CHECK(lab.upgrade("zoo", "1.0.0", "2.0.0", {"--stranded=refuse"}) == upgraded("'zoo': (NODE) upgraded"));
  CHECK(lab.ask("zoo_other ! {vsn, self()}, receive V -> V after 60000 -> none end.") ==
        "{\"2.0.0\",\"2.0.0\"}");
  lab.ask("exit(whereis(zoo_other), kill).");
}

TEST_CASE("stranded: an update that reaches no process is not refused because of a client") {
  Lab lab;
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = with_clients(lab, vsn);
    made.modules.at(1).children = "[]";
    if (vsn == "2.0.0")
      made.appup =
          "{\"2.0.0\", [{\"1.0.0\", [{update, zoo_special, infinity, {advanced, []}, soft_purge, "
          "soft_purge, []}]}], []}.";
    lab.add(made);
  }
  REQUIRE(lab.start("zoo", "1.0.0").exit == 0);
  lab.ask("lab:await_rest(spawn(zoo_user, run, [zoo_client])).");
  const Ran ran = lab.upgrade("zoo", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(ran.out.find(" zoo_client in zoo_special:await/0") != std::string::npos);
  lab.ask("zoo_client ! {answer, 1}.");
}
