// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "catch.hpp"
#include "injected_plans.hpp"

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

using Clock = std::chrono::steady_clock;

/// How many places are tested.
struct Thoroughness {
  bool all = false;
  std::size_t stride = 11;  ///< between tested places inside steps
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
