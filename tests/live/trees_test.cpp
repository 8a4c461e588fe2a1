// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"
#include "lab.hpp"

// Tests what happens to supervision trees where supervisors change more than their lists of children: their
// strategy, the ids of children, what their init/1 asks, children that have done their work.

using namespace erlrc;
using namespace erlrc::test;

namespace {

const std::string worker = R"(
-behaviour(gen_server).
-export([start_link/1, init/1, handle_call/3, handle_cast/2, code_change/3]).
start_link(Name) -> gen_server:start_link({local, Name}, ?MODULE, [], []).
init([]) -> {ok, #{vsn => ?VSN}}.
handle_call(vsn, _, S) -> {reply, ?VSN, S}.
handle_cast(stop, S) -> {stop, normal, S}.
code_change({down, V}, S, _) -> {ok, S#{vsn := V}};
code_change(_, S, _) -> {ok, S#{vsn := ?VSN}}.
)";

/// A supervisor whose init/1 has this body, and a function that makes a child specification.
std::string supervisor(const std::string& body) {
  return R"(
-behaviour(supervisor).
-export([start_link/0, init/1]).
start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).
init([]) -> )" +
         body + R"(.
worker(Id) -> worker(Id, Id).
worker(Id, Name) -> #{id => Id, start => {oak_worker, start_link, [Name]}}.
-compile({nowarn_unused_function, [{worker, 1}, {worker, 2}]}).
)";
}

LabRelease oak(const std::string& vsn, const std::string& init, std::vector<LabModule> more = {}) {
  LabRelease made{
      "oak",
      vsn,
      {{"oak_app", "app"}, {"oak_sup", "source", supervisor(init)}, {"oak_worker", "source", worker}}};
  made.modules.insert(made.modules.end(), more.begin(), more.end());
  return made;
}

void start(Lab& lab) {
  REQUIRE(lab.start("oak", "1.0.0").exit == 0);
  lab.ask("oak_app:module_info(), oak_worker:module_info(), lab:mark(), ets:delete_all_objects(lab_calls).");
}

std::string ids(Lab& lab) {
  return lab.ask("[{I, is_pid(P)} || {I, P, _, _} <- lists:reverse(supervisor:which_children(oak_sup))].");
}

const std::string two = "{ok, {#{strategy => one_for_one}, [worker(a), worker(b)]}}";
const std::string simple =
    "{ok, {#{strategy => simple_one_for_one}, [#{id => w, start => {oak_worker, start_link, []}}]}}";

}  // namespace

TEST_CASE("trees: a strategy that cannot change in place is refused before anything is touched") {
  Lab lab;
  const bool grows = GENERATE(true, false);
  const std::string engine = GENERATE("--engine=erlrc", "--engine=otp");
  CAPTURE(grows, engine);
  lab.add(oak("1.0.0", grows ? two : simple));
  lab.add(oak("2.0.0", grows ? simple : two));
  start(lab);
  if (!grows) lab.ask("[{ok, _} = supervisor:start_child(oak_sup, [W]) || W <- [a, b]], lab:mark().");
  const Ran ran = lab.upgrade("oak", "1.0.0", "2.0.0", {engine});
  CHECK(ran == Ran{1, "",
                   std::string("erlrc-upgrade: NODE: refused: supervisor oak_sup cannot be upgraded while it "
                               "runs: its strategy changes from ") +
                       (grows ? "one_for_one to simple_one_for_one" : "simple_one_for_one to one_for_one") +
                       "; {restart_application, ..} in the appup can\n"});
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.condition("oak") == "old");
}

TEST_CASE("trees: a strategy that cannot be predicted is rolled back before a process resumes") {
  Lab lab;
  const std::string ask =
      "case lab:act(strategy, oak) of ok -> " + two + "; {answer, _} -> " + simple + " end";
  lab.add(oak("1.0.0", two));
  lab.add(oak("2.0.0", ask));
  start(lab);
  lab.ask("lab:on({strategy, oak}, {answer, simple}).");
  const Ran ran = lab.upgrade("oak", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.starts_with("erlrc-upgrade: NODE: rolled_back: supervisor oak_sup cannot be upgraded"));
  CHECK(lab.ask("lab:diff().") == "[]");
  CHECK(lab.condition("oak") == "old");
}

TEST_CASE("trees: temporary children of a simple_one_for_one cannot become permanent") {
  Lab lab;
  const auto pool = [](const std::string& restart) {
    return "{ok, {#{strategy => simple_one_for_one}, [#{id => w, start => {oak_worker, start_link, []},"
           " restart => " +
           restart + "}]}}";
  };
  lab.add(oak("1.0.0", pool("temporary")));
  lab.add(oak("2.0.0", pool("permanent")));
  start(lab);
  lab.ask("{ok, _} = supervisor:start_child(oak_sup, [a]), lab:mark().");
  const Ran ran = lab.upgrade("oak", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.err.find("refused: supervisor oak_sup cannot be upgraded while it runs: its children, so far "
                     "temporary, would be started again") != std::string::npos);
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("trees: other strategies and restart types take effect in place") {
  Lab lab;
  lab.add(oak("1.0.0", two));
  lab.add(oak("2.0.0",
              "{ok, {#{strategy => rest_for_one, intensity => 7}, [worker(a),"
              " maps:put(restart, transient, worker(b))]}}"));
  start(lab);
  lab.ask("put(pids, {whereis(a), whereis(b)}).");
  CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 0);
  CHECK(lab.ask("{element(3, sys:get_state(oak_sup)), maps:get(restart, element(2, "
                "supervisor:get_childspec(oak_sup, b)))}.") == "{rest_for_one,transient}");
  CHECK(lab.condition("oak") == "new");
}

TEST_CASE("trees: an application that has ended is not upgraded") {
  Lab lab;
  lab.add(oak("1.0.0", two));
  lab.add(oak("2.0.0", two, {{"oak_more", "plain"}}));
  start(lab);
  // Its top supervisor dies of the question for its children.
  lab.ask("sys:replace_state(oak_sup, fun(S) -> setelement(3, S, simple_one_for_one) end).");
  const Ran ran = lab.upgrade("oak", "1.0.0", "2.0.0");
  CHECK(ran.exit == 1);
  CHECK(ran.out.find("upgraded") == std::string::npos);
}

TEST_CASE("trees: what has ended for good or was deleted is not started again") {
  Lab lab;
  const auto shop = [](int intensity) {
    return "{ok, {#{intensity => " + std::to_string(intensity) +
           "}, [worker(a), maps:put(restart, temporary, worker(once)), worker(b)]}}";
  };
  lab.add(oak("1.0.0", shop(1)));
  lab.add(oak("2.0.0", shop(5)));
  start(lab);
  lab.ask(
      "gen_server:cast(once, stop), lab:await(fun() -> whereis(once) =:= undefined end),"
      " ok = supervisor:terminate_child(oak_sup, b), ok = supervisor:delete_child(oak_sup, b), lab:mark().");
  REQUIRE(ids(lab) == "[{a,true}]");
  SECTION("up and down") {
    CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 0);
    CHECK(ids(lab) == "[{a,true}]");
    CHECK(lab.downgrade("oak", "1.0.0", "2.0.0").exit == 0);
    CHECK(ids(lab) == "[{a,true}]");
  }
  SECTION("after a rollback") {
    lab.ask("lab:on({config_change, oak}, crash, 1).");
    CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 1);
    CHECK(ids(lab) == "[{a,true}]");
    CHECK(lab.ask("lab:diff().") == "[]");
  }
}

TEST_CASE("trees: a temporary child that is new is started, once") {
  Lab lab;
  lab.add(oak("1.0.0", "{ok, {#{}, [worker(a)]}}"));
  lab.add(oak("2.0.0", "{ok, {#{}, [worker(a), maps:put(restart, temporary, worker(b))]}}"));
  start(lab);
  CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 0);
  CHECK(ids(lab) == "[{a,true},{b,true}]");
}

TEST_CASE("trees: the same start function under another id is the same child") {
  Lab lab;
  lab.add(oak("1.0.0", "{ok, {#{}, [worker(a), worker(old, b), worker(c)]}}"));
  lab.add(oak("2.0.0", "{ok, {#{}, [worker(c), worker(new, b), worker(d)]}}"));
  start(lab);
  lab.ask("persistent_term:put(oak_b, whereis(b)).");
  SECTION("up and down") {
    CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 0);
    CHECK(ids(lab) == "[{c,true},{new,true},{d,true}]");
    CHECK(lab.ask("whereis(b) =:= persistent_term:get(oak_b).") == "true");
    CHECK(lab.downgrade("oak", "1.0.0", "2.0.0").exit == 0);
    CHECK(ids(lab) == "[{a,true},{old,true},{c,true}]");
  }
  SECTION("after a rollback") {
    lab.ask("lab:on({config_change, oak}, crash, 1).");
    CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  }
  CHECK(lab.ask("whereis(b) =:= persistent_term:get(oak_b).") == "true");
  CHECK(lab.condition("oak") == "old");
}

namespace {

/// A module that the supervisor asks for its children.
LabModule config(const std::string& names) {
  return {"oak_config", "source", "-export([names/0]).\nnames() -> " + names + ".\n"};
}

}  // namespace

TEST_CASE("trees: a supervisor that is the same and asks a module that changes has its children changed") {
  Lab lab;
  // The version is not part of the supervisor.
  const auto same = [](LabRelease release) {
    release.modules[1] = {"oak_sup", "same_sup"};
    return release;
  };
  lab.add(same(oak("1.0.0", "", {config("[a, b]")})));
  lab.add(same(oak("2.0.0", "", {config("[b, c]")})));
  start(lab);
  SECTION("up and down, and its hooks are called") {
    const Ran ran = lab.upgrade("oak", "1.0.0", "2.0.0");
    CHECK(ran == Ran{0, "erlrc-upgrade: Upgrading 'oak': (NODE) upgraded\n", ""});
    CHECK(ids(lab) == "[{b,true},{c,true}]");
    CHECK(lab.ask("[C || {sup_upgrade_notify, _, _, _} = C <- lab:calls()].") ==
          R"([{sup_upgrade_notify,oak_sup,"1.0.0","2.0.0"}])");
    CHECK(lab.downgrade("oak", "1.0.0", "2.0.0").exit == 0);
    CHECK(ids(lab) == "[{a,true},{b,true}]");
  }
  SECTION("after a rollback") {
    lab.ask("lab:on({config_change, oak}, crash, 1).");
    CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("lab:diff_but_pids().") == "[]");
  }
  CHECK(lab.condition("oak") == "old");
}

TEST_CASE(
    "trees: a supervisor of another application that asks a module that changes has its children changed") {
  Lab lab;
  lab.add(oak("1.0.0", two, {config("[x, y]")}));
  lab.add(oak("2.0.0", two, {config("[y, z]")}));
  start(lab);
  lab.add({"ivy",
           "1.0.0",
           {{"ivy_app", "app"},
            {"ivy_sup", "source", supervisor("{ok, {#{}, [worker(Id) || Id <- oak_config:names()]}}")}},
           ",{applications,[kernel,stdlib,oak]}"});
  REQUIRE(lab.start("ivy", "1.0.0").exit == 0);
  const std::string ivy =
      "[{I, is_pid(P)} || {I, P, _, _} <- lists:reverse(supervisor:which_children(ivy_sup))].";
  REQUIRE(lab.ask(ivy) == "[{x,true},{y,true}]");
  lab.ask("lab:mark().");
  SECTION("up and down") {
    CHECK(lab.upgrade("oak", "1.0.0", "2.0.0") ==
          Ran{0, "erlrc-upgrade: Upgrading 'oak': (NODE) upgraded\n", ""});
    CHECK(lab.ask(ivy) == "[{y,true},{z,true}]");
    CHECK(lab.downgrade("oak", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask(ivy) == "[{x,true},{y,true}]");
  }
  SECTION("after a rollback") {
    lab.ask("lab:on({config_change, oak}, crash, 1).");
    CHECK(lab.upgrade("oak", "1.0.0", "2.0.0").exit == 1);
    CHECK(lab.ask("lab:diff_but_pids().") == "[]");
    CHECK(lab.ask(ivy) == "[{x,true},{y,true}]");
  }
}

namespace {

/// As much of Elixir's Supervisor as these tests need.
void add_elixir(Lab& lab) {
  lab.dir().write(
      "elixir/Elixir.Supervisor.erl",
      "-module('Elixir.Supervisor').\n-export([start_link/2, init/2]).\n"
      "start_link(Children, Options) ->\n"
      "    {value, {_, Name}, Flags} = lists:keytake(name, 1, Options),\n"
      "    supervisor:start_link({local, Name}, 'Elixir.Supervisor.Default', init(Children, Flags)).\n"
      "init(Children, Flags) -> {ok, {maps:from_list(Flags), Children}}.\n");
  lab.dir().write("elixir/Elixir.Supervisor.Default.erl",
                  "-module('Elixir.Supervisor.Default').\n-behaviour(supervisor).\n-export([init/1]).\n"
                  "init(Args) -> Args.\n");
  lab.ask("[begin File = \"" + lab.dir().path().string() +
          "/elixir/\" ++ M, {ok, Module, Beam} = compile:file(File, [binary]), {module, _} = "
          "code:load_binary(Module, File, Beam) end"
          " || M <- [\"Elixir.Supervisor\", \"Elixir.Supervisor.Default\"]].");
}

LabRelease elm(const std::string& vsn, const std::string& before, const std::string& children) {
  return {"elm",
          vsn,
          {{"elm_app", "source",
            "-export([start/2, stop/1]).\nstop(_) -> ok.\nstart(_, _) -> " + before +
                "\n  'Elixir.Supervisor':start_link([worker(N) || N <- " + children +
                "], [{strategy, one_for_one}, {name, elm_sup}]).\n"
                "worker(N) -> #{id => N, start => {elm_worker, start_link, [N]}}.\n"},
           {"elm_worker", "source", worker}}};
}

const std::string elm_ids =
    "[{I, is_pid(P)} || {I, P, _, _} <- lists:reverse(supervisor:which_children(elm_sup))].";

}  // namespace

TEST_CASE("trees: new children in the start of an Elixir application are started") {
  Lab lab;
  add_elixir(lab);
  lab.add(elm("1.0.0", "", "[a, b]"));
  SECTION("up, down and back") {
    lab.add(elm("2.0.0", "logger:info(\"starts\"),", "[b, c]"));
    REQUIRE(lab.start("elm", "1.0.0").exit == 0);
    CHECK(lab.upgrade("elm", "1.0.0", "2.0.0") ==
          Ran{0, "erlrc-upgrade: Upgrading 'elm': (NODE) upgraded\n", ""});
    CHECK(lab.ask(elm_ids) == "[{b,true},{c,true}]");
    CHECK(lab.downgrade("elm", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask(elm_ids) == "[{a,true},{b,true}]");
  }
  SECTION("a start that does more is not called, and a remark names the supervisor") {
    lab.add(elm("2.0.0", "lab:record(started),", "[a, b, c]"));
    REQUIRE(lab.start("elm", "1.0.0").exit == 0);
    CHECK(lab.upgrade("elm", "1.0.0", "2.0.0") ==
          Ran{0,
              "erlrc-upgrade: Upgrading 'elm': (NODE) upgraded\n  remark: supervisor elm_sup keeps the "
              "children that it has: which ones it would start with is not known, because of lab:record/1 in "
              "elm_app:start/2\n",
              ""});
    CHECK(lab.ask(elm_ids) == "[{a,true},{b,true}]");
  }
  SECTION("after a rollback") {
    lab.add(elm("2.0.0", "", "[b, c, d]"));
    REQUIRE(lab.start("elm", "1.0.0").exit == 0);
    lab.ask("lab:mark().");
    lab.dir().write(
        "elm-2.0.0/ebin/elm.appup",
        "{\"2.0.0\", [{\"1.0.0\", [{load_module, elm_app}, {update, elm_worker, {advanced, []}}]}], []}.");
    CHECK(lab.upgrade("elm", "1.0.0", "2.0.0").exit == 0);
    CHECK(lab.ask(elm_ids) == "[{b,true},{c,true},{d,true}]");
  }
}
