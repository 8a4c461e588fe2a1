// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/package_engine.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/engine/backups.hpp>
#include <erlrc/engine/executor.hpp>
#include <erlrc/engine/run_file.hpp>
#include <erlrc/engine/run_notes.hpp>
#include <erlrc/engine/staging.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/transaction/package_run.hpp>

namespace erlrc {
namespace {

const std::string tool = "erlrc-hook: ";

ProcessId process_of(const std::string& run) {
  const auto parts = words(run);
  if (parts.size() != 2) return {};
  return {parse_number<pid_t>(parts[0]).value_or(0), std::string(parts[1])};
}

/// One function for each action; each returns whether the rest of the list is to be done.
class Engine {
public:
  Engine(const PackageFacts& facts, RunFile file, Executor executor, Streams& streams)
      : facts_(facts),
        file_(std::move(file)),
        executor_(executor),
        streams_(streams),
        record_(file_.load()) {}

  int run(Snapshot snapshot) {
    snapshot_ = std::move(snapshot);
    snapshot_.staging = staging_.directory().string();
    snapshot_.recorded_run_lives = !record_.run.empty() && exists(process_of(record_.run));
    RunEvent event = Called{};
    for (;;) {
      snapshot_.backups = backups_.load_all(snapshot_.package);
      const PackageActions actions = next(record_, event, snapshot_);
      executed_ = {};
      asked_ = false;
      for (const PackageAction& action : actions)
        if (!std::visit(*this, action)) break;
      if (exit_) return *exit_;
      if (asked_) continue;
      const bool awaits = std::holds_alternative<Execute>(actions.back()) || executed_.code != 0;
      event = awaits ? RunEvent(executed_) : RunEvent(Called{});
    }
  }

  bool operator()(const Store& action) {
    if (action.record.groups.empty() && !record_.groups.empty()) forget_facts();
    record_ = action.record;
    file_.store(record_);
    return true;
  }

  bool operator()(const Execute& action) {
    snapshot_.answers.clear();
    int code = 0;
    if (action.how == Execute::How::all_or_none) {
      auto result =
          executor_.all_or_none(action.requests, [this](const Request& one) { return owner_of(one); });
      code = result.code;
      if (action.required) executed_.failed = std::move(result.failed);
    } else {
      const auto tried = executor_.each(action.requests, action.how == Execute::How::move);
      note(tried);
      code = tried.code;
    }
    executed_.worst = std::max(executed_.worst, code);
    if (code == 0 || !action.required) return true;
    executed_.code = code;
    return false;
  }

  bool operator()(const RollBack& action) {
    snapshot_.answers.clear();
    const auto tried = executor_.roll_back(action.requests);
    note(tried);
    if (tried.code == 0 || !action.stays) return true;
    backups_.drop(action.package);
    backups_.back_up(action.package, *action.stays);
    return true;
  }

  bool operator()(const Confirm&) {
    if (executed_.all_known) return true;
    executed_.unconfirmed = true;
    executed_.code = std::max(executed_.worst, 1);
    return false;
  }

  bool operator()(const BackUp& action) {
    backups_.back_up(action.package, action.apps);
    return true;
  }

  bool operator()(const UseBackup& action) {
    backups_.use(action.package);
    return true;
  }

  bool operator()(const DropBackup& action) {
    backups_.drop(action.package);
    return true;
  }

  bool operator()(const Stage& action) {
    asked_ = true;
    staged_.push_back(action.package);
    try {
      const bool whole = staging_.unpack(action.package, action.archive, facts_);
      snapshot_.staged[action.archive] = {!whole, staging_.desired(action.package)};
      return whole;
    } catch (const Error&) {
      for (const std::string& package : staged_)
        staging_.drop(package);
      throw;
    }
  }

  bool operator()(const DropStaged& action) {
    staging_.drop(action.package);
    return true;
  }

  bool operator()(const DropAllStaged&) {
    staging_.drop_all();
    return true;
  }

  bool operator()(const LookUp&) {
    asked_ = true;
    facts_.look_up(record_, snapshot_);
    return true;
  }

  bool operator()(const OpenArchives&) {
    asked_ = true;
    facts_.open_archives(record_, snapshot_);
    return true;
  }

  bool operator()(const Ask& action) {
    asked_ = true;
    snapshot_.answers.emplace_back(action, ask(action));
    return true;
  }

  bool operator()(const Warn& action) {
    streams_.err.insert(action.first ? 0 : streams_.err.size(), tool + one_line(action.text) + "\n");
    return true;
  }

  bool operator()(const Note& action) {
    const bool removal = action.what == Note::What::refused_removal;
    (void)add_run_note(removal ? refused_removals : failed_starts, snapshot_.package);
    return true;
  }

  bool operator()(const Refuse& action) {
    const std::string& package = snapshot_.package;
    return end(1, (package.empty() ? "refused: " : package + ": keeping the old version: ") + action.why);
  }

  bool operator()(const Skip& action) {
    return end(0, snapshot_.package + ": skipped until the nodes are restarted: " + action.why);
  }

  bool operator()(const Exit& action) {
    exit_ = action.code;
    return false;
  }

private:
  /// What was found out for a record does not hold without it.
  void forget_facts() {
    snapshot_.packages.reset();
    snapshot_.opened = false;
    snapshot_.staged.clear();
    snapshot_.answers.clear();
  }

  void note(const Executor::Tried& tried) {
    executed_.all_known = executed_.all_known && tried.all_known;
    executed_.worst = std::max(executed_.worst, tried.code);
  }

  bool ask(const Ask& question) {
    switch (question.what) {
      case Ask::What::would_change:
        return executor_.would_change(question.requests);
      case Ask::What::needs_restart:
        return executor_.needs_restart(question.requests);
      case Ask::What::needs_backup:
        return executor_.needs_backup(question.requests);
    }
    return true;
  }

  /// The package that a request is for: one of the upgrade set, else the calling one.
  std::string owner_of(const Request& request) const {
    for (const RunRecord::Group& group : record_.groups)
      for (const RunRecord::Package& package : group.packages)
        if (std::ranges::find(package.requests, request) != package.requests.end()) return package.name;
    return snapshot_.package;
  }

  bool end(int code, const std::string& text) {
    streams_.err += tool + one_line(text) + "\n";
    exit_ = code;
    return false;
  }

  const PackageFacts& facts_;
  RunFile file_;
  Executor executor_;
  Streams& streams_;
  Backups backups_;
  Staging staging_;
  Snapshot snapshot_;
  RunRecord record_;                 ///< as it is stored
  Executed executed_;                ///< what came of this list
  std::vector<std::string> staged_;  ///< packages
  bool asked_ = false;               ///< this list asked for more facts
  std::optional<int> exit_;
};

}  // namespace

int handle_call(Moment moment, const PackageFacts& facts, const Site& site, const Settings& settings,
                Streams& streams) {
  RunFile file = RunFile::lock(after(settings.timeout), facts.record_name());
  return Engine(facts, std::move(file), Executor(site, settings, facts, streams), streams)
      .run(facts.load(moment, site, streams));
}

}  // namespace erlrc
