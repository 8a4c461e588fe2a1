// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "fir.hpp"

// Tests what is reported of children that keep running, and that their supervisors could not start again, or
// would start with other arguments.

using namespace erlrc;
using namespace erlrc::test;

TEST_CASE("started again: those that could not be started again are named") {
  Lab lab;
  lab.dir().write(
      "kinds/worker.erl",
      "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n-compile(export_all).\n"
      "-if(?VSN =:= \"1.0.0\").\nstart_link() -> gen_server:start_link(?MODULE, [], []).\n"
      "start_link(_) -> start_link().\n-else.\n"
      "start_link(_, _) -> gen_server:start_link(?MODULE, [], []).\n-endif.\n"
      "init([]) -> {ok, 1}.\nhandle_call(_, _, S) -> {reply, S, S}.\nhandle_cast(_, S) -> {noreply, S}.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = fir(vsn, {"fir_a"}, {"fir_x"});
    made.modules.push_back({"fir_w", (lab.dir() / "kinds/worker").string()});
    lab.add(made);
  }
  start_fir(lab);
  const std::string restart = GENERATE("permanent", "temporary");
  CAPTURE(restart);
  lab.ask("{ok, _} = supervisor:start_child(fir_sup, {w, {fir_w, start_link, []}, " + restart +
          ", 2000, worker, [fir_w]}).");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(
      has(ran.out, "  remark: 1 children could not be started again, because fir_w:start_link/0 is gone: ") ==
      (restart == "permanent"));
  CHECK(!has(ran.out, "start_link/1 is gone"));
}

TEST_CASE("started again: those of simple_one_for_one are started again with the arguments that they had") {
  Lab lab;
  lab.dir().write("kinds/pool.erl",
                  "-module(MODULE).\n-behaviour(supervisor).\n-export([start_link/0, init/1]).\n"
                  "start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).\n"
                  "-if(?VSN =:= \"1.0.0\").\n-define(own, []).\n-else.\n-define(own, [none]).\n-endif.\n"
                  "init([]) -> {ok, {#{strategy => simple_one_for_one},\n"
                  "  [#{id => w, start => {fir_w, start_link, ?own}}]}}.\n");
  lab.dir().write(
      "kinds/worker.erl",
      "-module(MODULE).\n-behaviour(gen_server).\n-vsn(?VSN).\n-compile(export_all).\n"
      "-if(?VSN =:= \"1.0.0\").\nstart_link(_) -> gen_server:start_link(?MODULE, [], []).\n"
      "-else.\nstart_link(_, _) -> gen_server:start_link(?MODULE, [], []).\n-endif.\n"
      "init([]) -> {ok, 1}.\nhandle_call(_, _, S) -> {reply, S, S}.\nhandle_cast(_, S) -> {noreply, S}.\n");
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    LabRelease made = fir(vsn, {"fir_a"}, {});
    made.modules[2].kind = (lab.dir() / "kinds/pool").string();
    made.modules.push_back({"fir_w", (lab.dir() / "kinds/worker").string()});
    lab.add(made);
  }
  start_fir(lab);
  lab.ask("{ok, _} = supervisor:start_child(fir_low, [one]).");
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(
      has(ran.out, "  remark: 1 children could not be started again, because fir_w:start_link/1 is gone: "));
}

TEST_CASE("started again: one that will get other arguments keeps running, which is reported without them") {
  Lab lab;
  const std::string trace = "{debug, [{install, {fun(S, _, _) -> S end, none}}]}";
  const auto [before, after, reported] =
      GENERATE_COPY(table<std::string, std::string, bool>({{"{timeout, 60001}", "{timeout, 60002}", true},
                                                           {"{timeout, 60001}", "{timeout, 60001}", false},
                                                           {trace, trace, false}}));
  CAPTURE(before, after);
  const auto starting = [](const std::string& vsn, const std::string& option) {
    LabRelease made = fir(vsn, {"fir_a"}, {"fir_x"});
    made.modules[1].children = "[{fir_a, {gen_server, start_link, [{local, fir_a}, fir_a, [], [" + option +
                               "]]}, permanent, 2000, worker, [fir_a]}] ++ " +
                               child_specs({"fir_low"}, "supervisor");
    return made;
  };
  lab.add(starting("1.0.0", before));
  lab.add(starting("2.0.0", after));
  start_fir(lab);
  const Ran ran = lab.upgrade("fir", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(
      has(ran.out,
          "  remark: child fir_a of fir_sup keeps running, and will have other arguments when it is started "
          "again\n") == reported);
  CHECK(!has(ran.out, "6000"));
}
