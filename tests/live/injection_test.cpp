// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string_view>

#include <erlrc/sys/file.hpp>

#include "catch.hpp"
#include "injection.hpp"
#include "zoo.hpp"

// Tests that the rollback is complete for every step of every kind of plan, and for every place inside a
// step. Each of them is made to fail in turn, and then the node is compared with its old state
// (lab:snapshot/0): modules with md5 and file, code path, applications, keys, environments, configuration,
// registered names, the states and status of all processes, the old code they run, supervisors' children. If
// the rollback is made to fail, too, the outcome is `broken` and lists what is left.
//
// By default it tests a sample; with ERLRC_INJECTIONS=all (scripts/inject) every place.

using namespace erlrc;
using namespace erlrc::test;

namespace {

std::string appup(const std::string& up, const std::string& down = "[]") {
  return "{\"2.0.0\", [{\"1.0.0\", " + up + "}], [{\"1.0.0\", " + down + "}]}.";
}

const std::string one_by_one = appup(
    "[{add_module, zoo_new}, {load_module, zoo_lib}, {update, zoo_first, {advanced, []}},"
    " {update, zoo_server, {advanced, []}}, {update, zoo_statem, {advanced, []}},"
    " {update, zoo_special, {advanced, []}}, {update, zoo_event, {advanced, []}},"
    " {update, zoo_inner, supervisor}, {update, zoo_guest, {advanced, []}}, {update, zoo_pool, supervisor},"
    " {update, zoo_deep, {advanced, []}, [zoo_deeper]}, {update, zoo_deeper, {advanced, []}},"
    " {update, zoo_sup, supervisor}, {load_module, zoo_loads}, {apply, {zoo_app, changed, [up]}},"
    " {load_module, zoo_app}, {delete_module, zoo_gone}]",
    "[{add_module, zoo_gone}, {load_module, zoo_app}, {apply, {zoo_app, changed, [down]}},"
    " {load_module, zoo_loads}, {update, zoo_sup, supervisor},"
    " {update, zoo_deeper, {advanced, []}, [zoo_deep]}, {update, zoo_deep, {advanced, []}},"
    " {update, zoo_pool, supervisor}, {update, zoo_guest, {advanced, []}}, {update, zoo_inner, supervisor},"
    " {update, zoo_event, {advanced, []}}, {update, zoo_special, {advanced, []}},"
    " {update, zoo_statem, {advanced, []}}, {update, zoo_server, {advanced, []}},"
    " {update, zoo_first, {advanced, []}}, {load_module, zoo_lib}, {delete_module, zoo_new}]");

/// The forms of `update`, and dependencies, which form groups.
const std::string high_level = appup(
    "[{update, zoo_first, soft}, {update, zoo_server, 4000, {advanced, x}, soft_purge, brutal_purge, []},"
    " {update, zoo_statem, static, infinity, {advanced, []}, brutal_purge, soft_purge, [zoo_special]},"
    " {update, zoo_special, {advanced, []}, [zoo_statem]}, {update, zoo_event, {advanced, []}, [zoo_lib]},"
    " {load_module, zoo_lib, soft_purge, soft_purge, []}, {add_module, zoo_new, [zoo_lib]},"
    " {update, zoo_guest, {advanced, []}, [zoo_pool]}, {update, zoo_pool, static, default, soft,"
    "  soft_purge, soft_purge, []}, {update, zoo_deep}, {update, zoo_deeper, [zoo_deep]},"
    " {update, zoo_inner, {advanced, []}}, {load_module, zoo_loads}, {load_module, zoo_same},"
    " {delete_module, zoo_gone, [zoo_new]}]");

/// Low-level instructions as in relup(4), with calls before the point of no return.
const std::string low_level = appup(
    "[{apply, {zoo_app, changed, [early]}},"
    " {load_object_code, {zoo, \"2.0.0\", [zoo_lib, zoo_new, zoo_server, zoo_statem, zoo_special, zoo_deep,"
    "                                      zoo_event, zoo_first]}},"
    " point_of_no_return,"
    " {load, {zoo_new, brutal_purge, brutal_purge}}, {load, {zoo_lib, soft_purge, soft_purge}},"
    " {suspend, [zoo_server, {zoo_statem, 3000}, {zoo_event, infinity}]},"
    " {load, {zoo_server, brutal_purge, soft_purge}}, {load, {zoo_statem, brutal_purge, brutal_purge}},"
    " {load, {zoo_event, soft_purge, soft_purge}},"
    " {code_change, up, [{zoo_server, []}, {zoo_event, []}]}, {code_change, up, [{zoo_statem, extra}]},"
    " {resume, [zoo_event]}, {apply, {zoo_app, changed, [between]}}, {resume, [zoo_statem, zoo_server]},"
    " {suspend, [zoo_first]}, {load, {zoo_first, brutal_purge, brutal_purge}},"
    " {code_change, up, [{zoo_first, []}]}, {resume, [zoo_first]}, {purge, [zoo_lib, zoo_server]},"
    " {remove, {zoo_gone, soft_purge, brutal_purge}}, {purge, [zoo_gone]}]");

const std::string stops = appup(
    "[{load_object_code, {zoo, \"2.0.0\", [zoo_special, zoo_deep, zoo_server]}}, point_of_no_return,"
    " {stop, [zoo_special, zoo_deep]}, {load, {zoo_special, brutal_purge, brutal_purge}},"
    " {load, {zoo_deep, brutal_purge, brutal_purge}}, {stop, [zoo_server]},"
    " {load, {zoo_server, brutal_purge, brutal_purge}}, {start, [zoo_server]},"
    " {start, [zoo_special, zoo_deep]}]");

using Clock = std::chrono::steady_clock;

struct Scenario {
  std::string name;
  std::function<Request(Lab&)> set_up;  ///< prepares the node for the plan
  bool restarts = false;                ///< its rollback restarts processes, which then have other pids
};

/// Both versions, one of them running, with calls recorded in the states, and settings at run time.
Request running_zoo(Lab& lab, const std::string& shipped, Action action = Action::upgrade) {
  lab.add(zoo("1.0.0"));
  lab.add(zoo("2.0.0", shipped));
  const bool up = action == Action::upgrade;
  REQUIRE(lab.start("zoo", up ? "1.0.0" : "2.0.0").exit == 0);
  lab.ask(
      "[gen_server:call(S, vsn) || S <- [zoo_first, zoo_server, zoo_server, zoo_deep]],"
      " [{ok, _} = supervisor:start_child(zoo_pool, [infinity]) || _ <- [1, 2, 3]],"
      " application:set_env(zoo, at_run_time, 1), application:set_env(zoo, both, at_run_time), "
      "zoo_same:same().");
  return request_for(lab, action, "zoo", up ? "1.0.0" : "2.0.0", up ? "2.0.0" : "1.0.0");
}

void add_top(Lab& lab, const std::string& vsn, bool includes) {
  lab.add(servers("top", vsn, {"top_a"}, includes ? ", {included_applications, [sub]}" : ""));
}

void add_sub(Lab& lab, bool desired) {
  lab.add(servers("sub", "1.0.0", {"sub_a"}));
  lab.ask("code:add_pathz(\"" + lab.at("sub", "1.0.0") +
          "/ebin\"), [M:module_info() || M <- [sub_app, sub_sup, sub_a]].");
  if (desired) lab.want("sub");
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  const auto add = [&all](std::string name, std::function<Request(Lab&)> set_up, bool restarts = false) {
    all.push_back({std::move(name), std::move(set_up), restarts});
  };
  // Upgrades and downgrades of running applications.
  add("upgrade, made appup", [](Lab& lab) { return running_zoo(lab, ""); });
  add("downgrade, made appup", [](Lab& lab) { return running_zoo(lab, "", Action::downgrade); });
  add("upgrade, one by one", [](Lab& lab) { return running_zoo(lab, one_by_one); });
  add("downgrade, one by one", [](Lab& lab) { return running_zoo(lab, one_by_one, Action::downgrade); });
  add("upgrade, forms of update", [](Lab& lab) { return running_zoo(lab, high_level); });
  add("upgrade, low-level", [](Lab& lab) { return running_zoo(lab, low_level); });
  add(
      "upgrade, stop and start", [](Lab& lab) { return running_zoo(lab, stops); }, true);
  add(
      "upgrade, restart_application",
      [](Lab& lab) {
        Request request = running_zoo(lab, appup("[{restart_application, zoo}]"));
        return request;
      },
      true);
  add("upgrade, the old directory is not in the path, another one has vanished", [](Lab& lab) {
    Request request = running_zoo(lab, "");
    lab.ask("code:add_patha(\"" + lab.at("zoo", "1.0.0") + "/src\"), code:del_path(\"" +
            lab.at("zoo", "1.0.0") + "/ebin\").");
    std::filesystem::remove_all(lab.at("zoo", "1.0.0") + "/src");
    return request;
  });
  add("the same version, built anew", [](Lab& lab) {
    Request request = running_zoo(lab, "");
    const std::string file = "zoo-2.0.0/ebin/zoo.app";
    std::string spec = read_file(lab.dir() / file);
    spec.replace(spec.find("{vsn, \"2"), 8, "{vsn, \"1");
    lab.dir().write(file, spec);
    version_after(request)->vsn = "1.0.0";
    return request;
  });
  add("upgrade of what does not run", [](Lab& lab) {
    const Request request = running_zoo(lab, "");
    lab.stop("zoo", "1.0.0", {"--no-unload"});
    return request;
  });
  // Included applications.
  add(
      "upgrade, one is newly included, which ran by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", false);
        add_top(lab, "2.0.0", true);
        add_sub(lab, true);
        lab.start("top", "1.0.0");
        lab.start("sub", "1.0.0");
        return request_for(lab, Action::upgrade, "top", "1.0.0", "2.0.0");
      },
      true);
  add("upgrade, one is newly included and not loaded", [](Lab& lab) {
    add_top(lab, "1.0.0", false);
    add_top(lab, "2.0.0", true);
    add_sub(lab, false);
    lab.start("top", "1.0.0");
    return request_for(lab, Action::upgrade, "top", "1.0.0", "2.0.0");
  });
  add("upgrade, one is no longer included", [](Lab& lab) {
    add_top(lab, "1.0.0", true);
    add_top(lab, "2.0.0", false);
    add_sub(lab, true);
    lab.start("top", "1.0.0");
    return request_for(lab, Action::upgrade, "top", "1.0.0", "2.0.0");
  });
  // Start and stop.
  add("start", [](Lab& lab) {
    lab.add(zoo("1.0.0"));
    return request_for(lab, Action::start, "zoo", "", "1.0.0");
  });
  add("start, another version is loaded", [](Lab& lab) {
    running_zoo(lab, "");
    lab.stop("zoo", "1.0.0", {"--no-unload"});
    return request_for(lab, Action::start, "zoo", "", "2.0.0");
  });
  add(
      "start, an included one runs by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", true);
        add_sub(lab, true);
        lab.start("sub", "1.0.0");
        return request_for(lab, Action::start, "top", "", "1.0.0");
      },
      true);
  add("start, a running one includes it", [](Lab& lab) {
    add_top(lab, "1.0.0", true);
    lab.add(servers("sub", "1.0.0", {"sub_a"}));
    lab.start("top", "1.0.0");
    return request_for(lab, Action::start, "sub", "", "1.0.0");
  });
  add(
      "stop",
      [](Lab& lab) {
        lab.add(zoo("1.0.0"));
        lab.start("zoo", "1.0.0");
        lab.ask("application:set_env(zoo, at_run_time, 1).");
        return request_for(lab, Action::stop, "zoo", "1.0.0", "");
      },
      true);
  add(
      "stop without unloading",
      [](Lab& lab) {
        lab.add(zoo("1.0.0"));
        lab.start("zoo", "1.0.0");
        Request request = request_for(lab, Action::stop, "zoo", "1.0.0", "");
        std::get<Request::Stop>(request.what).unload = false;
        return request;
      },
      true);
  add(
      "stop, an included one keeps running by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", true);
        add_sub(lab, true);
        lab.start("top", "1.0.0");
        return request_for(lab, Action::stop, "top", "1.0.0", "");
      },
      true);
  add(
      "stop, an included one also runs by itself",
      [](Lab& lab) {
        add_top(lab, "1.0.0", true);
        add_sub(lab, true);
        lab.start("sub", "1.0.0");
        lab.ask("application:load({application, top, []}).");
        lab.ask("application:unload(top).");
        lab.start("top", "1.0.0");
        lab.ask("application:start(sub).");
        return request_for(lab, Action::stop, "top", "1.0.0", "");
      },
      true);
  return all;
}

/// How many places are tested.
struct Thoroughness {
  bool all = false;
  std::size_t stride = 7;  ///< between tested places inside steps
};

Thoroughness thoroughness() {
  const char* asked = std::getenv("ERLRC_INJECTIONS");
  if (asked != nullptr && std::string_view(asked) == "all") return {true, 1};
  return {};
}

/// Runs one scenario through all failures.
class Trial {
public:
  explicit Trial(const Scenario& scenario) : scenario_(scenario) { set_up(); }

  void fail_each_step() {
    for (std::size_t i = 0; i <= plan_.steps.size(); ++i) {
      INFO("failing before step " << i);
      check_rolled_back(runs_->run(failing_before(plan_, i)));
    }
  }

  /// Fails at each call of that kind in turn, until a run has no call left that could fail.
  void fail_each(const std::string& kind, std::size_t stride) {
    for (std::size_t call = 1;; call += stride) {
      INFO(kind << " " << call);
      const auto [outcome, struck] = runs_->run_and_roll_back(plan_, {kind, call});
      check_rolled_back(outcome);
      if (struck == 0) break;
    }
  }

  /// Rolls back a finished plan, with one failure in the rollback, at each call of that kind in turn.
  void fail_each_in_rollback(const std::string& kind, std::size_t stride) {
    for (std::size_t call = 1;; call += stride) {
      INFO("in the rollback: " << kind << " " << call);
      const auto [outcome, struck] = runs_->run_and_roll_back(plan_, {"none", 1}, Injection{kind, call});
      if (struck == 0) break;
      check_reported(outcome);
    }
  }

  void succeed() {
    const Outcome outcome = runs_->run(plan_);
    INFO(shortened(outcome.why()));
    CHECK(outcome.is_done());
  }

  std::size_t failures() const { return failures_; }

private:
  void set_up() {
    runs_.reset();
    lab_.reset();
    lab_.emplace();
    const Request request = scenario_.set_up(*lab_);
    lab_->ask("lab:mark().");
    Decision decision = planned(*lab_, request);
    if (const auto* refusal = std::get_if<Refusal>(&decision)) FAIL(shortened(refusal->why));
    plan_ = std::get<Plan>(std::move(decision));
    REQUIRE(!plan_.steps.empty());
    runs_.emplace(*lab_);
  }

  /// The differences of the node from its old state. Leaves out those of a restarted application: it starts
  /// after the others, and the state of its processes is lost, which is reported.
  std::string diff(const Outcome& outcome) {
    if (!scenario_.restarts) return lab_->ask("lab:await_idle(), lab:diff().");
    const bool said = std::ranges::any_of(outcome.remarks, [](const std::string& remark) {
      return remark.ends_with(": was stopped and is started again; what its processes knew is lost");
    });
    return lab_->ask(
        "lab:await_idle(), [R || {S, Then, Now} = R <- lab:diff_but_pids(), {Then, Now} =/= {[], []}" +
        std::string(said ? ", S =/= processes]." : "]."));
  }

  void check_rolled_back(const Outcome& outcome) {
    ++failures_;
    const std::string differs = shortened(diff(outcome));
    INFO(shortened(text_of(outcome)));
    if (text_of(outcome).find("its state could not be read") != std::string::npos) {
      // A stopped process whose state is unknown starts anew.
      CHECK(outcome.is_broken());
      set_up();
      return;
    }
    CHECK((outcome.is_rolled_back() || std::holds_alternative<Refusal>(outcome.result)));
    CHECK(differs == "[]");
    if (differs != "[]") set_up();
    if (scenario_.restarts) lab_->ask("lab:mark().");
  }

  /// Checks that the node is as before, or that the difference is reported.
  void check_reported(const Outcome& outcome) {
    ++failures_;
    const std::string differs = shortened(diff(outcome));
    INFO(shortened(text_of(outcome)) << "\n  differs: " << differs);
    CHECK((differs == "[]" || !outcome.left().empty()));
    if (differs != "[]") set_up();
  }

  static std::string text_of(const Outcome& outcome) {
    std::string text = outcome.why();
    for (const std::string& left : outcome.left())
      text += "\n  left: " + left;
    return text;
  }

  const Scenario& scenario_;
  std::optional<Lab> lab_;
  std::optional<InjectedRuns> runs_;
  Plan plan_;
  std::size_t failures_ = 0;
};

const std::vector<std::string> kinds{"journal", "refuse", "deny", "silence"};

}  // namespace

TEST_CASE("the node is as before after a failure at each step and inside each step of a plan") {
  const Scenario scenario = GENERATE(from_range(scenarios()));
  CAPTURE(scenario.name);
  const Thoroughness how = thoroughness();
  const auto began = Clock::now();
  Trial trial(scenario);
  trial.fail_each_step();
  for (const std::string& kind : kinds)
    trial.fail_each(kind, how.stride);
  for (const std::string kind : {"refuse", "silence"})
    trial.fail_each_in_rollback(kind, how.stride);
  trial.succeed();
  std::cout << scenario.name << ": " << trial.failures() << " failures, "
            << std::chrono::duration_cast<milliseconds>(Clock::now() - began).count() << " ms" << std::endl;
}
