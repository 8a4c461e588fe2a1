// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/app_cache.hpp>
#include <erlrc/engine/executor.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/node/run.hpp>
#include <erlrc/site/site.hpp>

#include <algorithm>
#include <iterator>

#include "catch.hpp"
#include "lab.hpp"

// Tests applications that are upgraded as one set: one converts what another one changes, or gets a module of
// the other. The library is oak, the application is ash.

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// A package manager without packages.
struct NoPackages : PackageFacts {
  std::string record_name() const override { return "none"; }
  std::string advice(const std::string&) const override { return ""; }
  bool restarts_services() const override { return false; }
  Snapshot load(Moment, const Site&, Streams&) const override { return {}; }
  void look_up(const RunRecord&, Snapshot&) const override {}
  void open_archives(const RunRecord&, Snapshot&) const override {}
  bool extract(const std::filesystem::path&, const std::filesystem::path&) const override { return false; }
};

Request change(const Lab& lab, const std::string& app, Direction direction = Direction::up) {
  const auto version = [&](const std::string& vsn) { return Version{vsn, lab.at(app, vsn) + "/ebin"}; };
  const bool up = direction == Direction::up;
  return {Atom{app},
          Request::Change{direction, version(up ? "1.0.0" : "2.0.0"), version(up ? "2.0.0" : "1.0.0")}};
}

Ran as_set(Lab& lab, const std::vector<Request>& requests) {
  const ScopedEnvironment state("ERLRC_STATE", (lab.dir() / "state").c_str());
  const Site site = load_site();
  const Settings settings;
  const NoPackages packages;
  Streams streams;
  Executor executor(site, settings, packages, streams);
  const int code =
      executor.all_or_none(requests, [](const Request&) { return std::string("a-package"); }).code;
  return {code, lab.neutral(streams.out), lab.neutral(streams.err)};
}

Ran upgrade(Lab& lab) {
  return as_set(lab, {change(lab, "oak"), change(lab, "ash")});
}
Ran downgrade(Lab& lab) {
  return as_set(lab, {change(lab, "ash", Direction::down), change(lab, "oak", Direction::down)});
}

/// Writes a kind of module; its name.
std::string kind(Lab& lab, const std::string& name, const std::string& text) {
  lab.dir().write("kinds/" + name + ".erl", "-module(MODULE).\n-vsn(?VSN).\n-compile(debug_info).\n" + text);
  return (lab.dir() / ("kinds/" + name)).string();
}

/// oak_lib has a record that gets a field in 2.0.0.
std::string library(Lab& lab, bool converts = true) {
  const std::string conversion =
      "convert(up, {user, Name}) -> #user{name = Name};\nconvert(down, {user, Name, _}) -> {user, Name}.\n";
  return kind(lab, "library",
              "-export([new/0, name/1, convert/2]).\n"
              "-if(?VSN =:= \"1.0.0\").\n-record(user, {name}).\n"
              "convert(_, User) -> User.\n"
              "-else.\n-record(user, {name, mail}).\n" +
                  (converts ? conversion : "convert(_, User) -> User.\n") +
                  "-endif.\n"
                  "new() -> #user{name = me}.\nname(#user{name = Name}) -> Name.\n");
}

/// ash_srv keeps one in its state. `convert`, in 2.0.0: the state of code_change, of N, User and Direction;
/// empty: it has none.
std::string keeper(Lab& lab, const std::string& convert) {
  return kind(lab, "keeper_of_user",
              "-behaviour(gen_server).\n"
              "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
              "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
              "init([]) -> {ok, {0, oak_lib:new()}}.\n"
              "handle_call(_, _, {N, User}) -> {reply, {?VSN, oak_lib:name(User)}, {N + 1, User}}.\n"
              "handle_cast(_, State) -> {noreply, State}.\n"
              "-if(?VSN =:= \"1.0.0\").\ncode_change(_, State, _) -> {ok, State}.\n-else.\n" +
                  (convert.empty() ? "code_change(_, State, _) -> {ok, State}.\n"
                                   : "code_change({down, _}, State, _) -> {ok, changed(State, down)};\n"
                                     "code_change(_, State, _) -> {ok, changed(State, up)}.\n"
                                     "changed({N, User}, Direction) -> _ = {N, User, Direction}, " +
                                         convert + ".\n") +
                  "-endif.\n");
}

void start(Lab& lab, const std::function<LabRelease(const std::string&)>& oak,
           const std::function<LabRelease(const std::string&)>& ash) {
  for (const std::string vsn : {"1.0.0", "2.0.0"}) {
    lab.add(oak(vsn));
    lab.add(ash(vsn));
  }
  REQUIRE(lab.start("oak", "1.0.0").exit == 0);
  REQUIRE(lab.start("ash", "1.0.0").exit == 0);
  lab.ask("lab:mark().");
}

void start_keepers(Lab& lab, const std::string& convert) {
  start(
      lab,
      [&](const std::string& vsn) {
        LabRelease oak = servers("oak", vsn, {"oak_srv"});
        oak.modules.push_back({"oak_lib", library(lab)});
        return oak;
      },
      [&](const std::string& vsn) {
        LabRelease ash = servers("ash", vsn, {"ash_srv"});
        ash.modules.back().kind = keeper(lab, convert);
        return ash;
      });
}

/// A process that calls ash_srv without a pause, and counts what fails.
void start_client(Lab& lab) {
  lab.ask(
      "register(client, spawn(fun() -> (fun Loop(Failed) ->"
      " receive {Who, stop} -> Who ! {failed, Failed} after 0 ->"
      "  Loop(case catch gen_server:call(ash_srv, name, 60000) of {_, me} -> Failed; E -> [E | Failed] end)"
      " end end)([]) end)).");
}
std::string failed_calls(Lab& lab) {
  return lab.ask("client ! {self(), stop}, receive {failed, Failed} -> Failed end.");
}

/// srv of a module that moves from ash to oak. `fields` of its record, and `change`, in 2.0.0.
std::string moving(Lab& lab, const std::string& fields, const std::string& change) {
  return kind(lab, "moving",
              "-behaviour(gen_server).\n"
              "-export([start_link/0, init/1, handle_call/3, handle_cast/2, code_change/3]).\n"
              "-if(?VSN =:= \"1.0.0\").\n-record(state, {n = 0}).\ncode_change(_, S, _) -> {ok, S}.\n"
              "-else.\n-record(state, {n = 0" +
                  fields + "}).\n" + change +
                  "\n-endif.\n"
                  "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                  "init([]) -> {ok, #state{}}.\n"
                  "handle_call(_, _, #state{n = N} = S) -> {reply, N, S#state{n = N + 1}}.\n"
                  "handle_cast(_, State) -> {noreply, State}.\n");
}

void start_moving(Lab& lab, const std::string& fields, const std::string& change) {
  const LabModule mover{"mover", moving(lab, fields, change)};
  lab.dir().write("kinds/one_sup.erl",
                  "-module(MODULE).\n-behaviour(supervisor).\n-export([start_link/0, init/1]).\n"
                  "start_link() -> supervisor:start_link(?MODULE, []).\n"
                  "init([]) -> {ok, {#{}, [#{id => mover, start => {mover, start_link, []}}]}}.\n");
  const std::string supervisor = (lab.dir() / "kinds/one_sup").string();
  start(
      lab,
      [&](const std::string& vsn) {
        LabRelease oak = servers("oak", vsn, {"oak_srv"});
        if (vsn == "2.0.0") oak.modules.push_back(mover);
        return oak;
      },
      [&](const std::string& vsn) {
        LabRelease ash{"ash", vsn, {{"ash_app", "plain_app"}, {"ash_sup", supervisor}}};
        if (vsn == "1.0.0") ash.modules.push_back(mover);
        return ash;
      });
  CHECK(lab.ask("gen_server:call(mover, n).") == "0");
}

const std::string converting =
    "code_change({down, _}, {state, N, _}, _) -> {ok, {state, N}};\n"
    "code_change(_, {state, N}, _) -> {ok, #state{n = N}}.";

/// What the forecast does with the plans of a set: runs the checks of one of them, knowing all.
Outcome look_at(const std::vector<Request>& requests, std::size_t checked) {
  const Site site = load_site();
  const Deadline until = after(milliseconds{60000});
  auto [rpc, node, seen] = connect_and_observe(site.registry.nodes.front(), {}, until, {});
  Plan looking, whole;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    AppCache cache(requests[i].app);
    const Plan made = std::get<Plan>(plan(requests[i], node, cache.files(), {}));
    std::ranges::copy(made.steps, std::back_inserter(whole.steps));
    if (i != checked) continue;
    std::ranges::copy_if(made.steps, std::back_inserter(looking.steps), [](const Step& step) {
      return std::holds_alternative<BackUpCode>(step) || std::holds_alternative<CheckStranded>(step);
    });
  }
  return look(*rpc, looking, whole, until);
}

}  // namespace

TEST_CASE("sets: an application converts the records of a library, and no call meets an old one") {
  Lab lab;
  start_keepers(lab, "{N, oak_lib:convert(Direction, User)}");
  const std::string pid = lab.pid_of("ash_srv");
  start_client(lab);
  const Ran ran = upgrade(lab);
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(failed_calls(lab) == "[]");
  CHECK(lab.ask("gen_server:call(ash_srv, name).") == "{\"2.0.0\",me}");
  CHECK(lab.pid_of("ash_srv") == pid);
  const Ran back = downgrade(lab);
  INFO(back);
  CHECK(back.exit == 0);
  CHECK(lab.ask("gen_server:call(ash_srv, name).") == "{\"1.0.0\",me}");
  CHECK(lab.pid_of("ash_srv") == pid);
}

TEST_CASE("sets: records of a library that no application of the set converts are refused") {
  Lab lab;
  start_keepers(lab, "");
  const Ran ran = upgrade(lab);
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "unconverted processes hold records whose definition changes: user of oak_lib in 1: "));
  CHECK(lab.ask("lab:diff().") == "[]");
}

TEST_CASE("sets: a code_change that leaves the records of the library as they are is rolled back") {
  Lab lab;
  start_keepers(lab, "{N + 1, User}");
  const Ran ran = upgrade(lab);
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "code_change has not converted states: 1 of record user of oak_lib: "));
  CHECK(lab.ask("gen_server:call(ash_srv, name, 60000).") == "{\"1.0.0\",me}");
  CHECK(lab.ask("{ok, Vsn} = application:get_key(oak, vsn), Vsn.") == "\"1.0.0\"");
}

TEST_CASE("sets: a failure of the application puts the library back, and no process stays suspended") {
  Lab lab;
  start_keepers(lab, "erlang:error({failed, N, User})");
  start_client(lab);
  const Ran ran = upgrade(lab);
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(failed_calls(lab) == "[]");
  CHECK(has(ran.err, "code_change failed: "));
  CHECK(lab.ask("gen_server:call(ash_srv, name, 60000).") == "{\"1.0.0\",me}");
  CHECK(lab.ask("{ok, Vsn} = application:get_key(oak, vsn), Vsn.") == "\"1.0.0\"");
}

TEST_CASE("sets: an application converts rows of a library in a call of its appup") {
  Lab lab;
  const bool calls = GENERATE(true, false);
  CAPTURE(calls);
  const std::string table = kind(lab, "table",
                                 "-behaviour(gen_server).\n"
                                 "-export([start_link/0, init/1, handle_call/3, handle_cast/2, up/0]).\n"
                                 "start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).\n"
                                 "init([]) -> ets:new(ash_users, [named_table, public]),\n"
                                 "  ets:insert(ash_users, {1, oak_lib:new()}), {ok, 1}.\n"
                                 "handle_call(_, _, N) -> [{_, User}] = ets:lookup(ash_users, N),\n"
                                 "  {reply, oak_lib:name(User), N}.\n"
                                 "handle_cast(_, N) -> {noreply, N}.\n"
                                 "up() -> [{K, User}] = ets:tab2list(ash_users),\n"
                                 "  ets:insert(ash_users, {K, erlang:append_element(User, none)}).\n");
  start(
      lab,
      [&](const std::string& vsn) {
        LabRelease oak = servers("oak", vsn, {"oak_srv"});
        oak.modules.push_back({"oak_lib", library(lab, false)});
        return oak;
      },
      [&](const std::string& vsn) {
        LabRelease ash{
            "ash",
            vsn,
            {{"ash_app", "plain_app"}, {"ash_sup", "tree", child_specs({"ash_srv"})}, {"ash_srv", table}},
            ", {applications, [kernel, stdlib, oak]}"};
        if (vsn == "2.0.0" && calls)
          ash.appup = "{\"2.0.0\", [{\"1.0.0\", [{load_module, ash_srv}, {apply, {ash_srv, up, []}}]}], []}.";
        return ash;
      });
  const Ran ran = upgrade(lab);
  INFO(ran);
  CHECK(ran.exit == (calls ? 0 : 1));
  const std::string row = "ash_users of ";
  if (calls)
    CHECK(has(ran.out,
              "remark: rows of tables that another application of the upgrade set has to convert: " + row));
  if (!calls) CHECK(has(ran.err, "nothing converts the rows of tables: " + row));
  CHECK(lab.ask("gen_server:call(ash_srv, name).") == "me");
}

TEST_CASE("sets: a module that moves to another application converts the states of its processes") {
  Lab lab;
  start_moving(lab, ", limit", converting);
  const std::string pid = lab.pid_of("mover");
  const Ran ran = upgrade(lab);
  INFO(ran);
  CHECK(ran.exit == 0);
  CHECK(!has(ran.out, "could not be started again"));
  CHECK(lab.ask("{gen_server:call(mover, n), sys:get_state(mover)}.") == "{1,{state,2,undefined}}");
  const Ran back = downgrade(lab);
  INFO(back);
  CHECK(back.exit == 0);
  CHECK(lab.ask("{gen_server:call(mover, n), sys:get_state(mover)}.") == "{2,{state,3}}");
  CHECK(lab.pid_of("mover") == pid);
}

TEST_CASE("sets: a module that moves to another application with other states and no conversion is refused") {
  Lab lab;
  start_moving(lab, ", limit", "code_change(_, S, _) -> {ok, S}.");
  const Ran ran = GENERATE(true, false) ? upgrade(lab) : lab.upgrade("oak", "1.0.0", "2.0.0");
  INFO(ran);
  CHECK(ran.exit == 1);
  CHECK(has(ran.err, "states: 1 of mover, whose record state has 1 field where the new code has 2 fields"));
  CHECK(lab.ask("gen_server:call(mover, n).") == "1");
}

TEST_CASE("sets: a module that moves as it is changes nothing for its processes, also in a forecast") {
  Lab lab;
  start_moving(lab, "", "code_change(_, S, _) -> {ok, S}.");
  const std::vector<Request> requests{change(lab, "oak"), change(lab, "ash")};
  const Outcome alone = look_at({change(lab, "ash")}, 0);
  CHECK(has(alone.why(), "1 of mover, which loses handle_call/3"));
  const Outcome looked = look_at(requests, 1);
  CHECK(looked.why() == "");
  CHECK(upgrade(lab).exit == 0);
  CHECK(lab.ask("gen_server:call(mover, n).") == "1");
}
