// SPDX-License-Identifier: BSD-3-Clause
#include "library_trial.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <erlrc/base/text.hpp>

#include "paths.hpp"

namespace erlrc::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t nodes = 2;

LiveNodeOptions options(const Pair& pair, const std::vector<PackagedApp>& suite) {
  LiveNodeOptions made;
  // Otherwise yaws expects a file with its configuration.
  made.arguments = {"-yaws", "embedded", "true", "-pa", in_build("tests/real/beams")};
  for (const PackagedApp& app : suite)
    if (!app.of_otp && app.app != pair.from.app)
      made.arguments.insert(made.arguments.end(), {"-pa", (app.dir / "ebin").string()});
  // Packages of bullseye need libraries that this system no longer has.
  made.environment = {"LD_LIBRARY_PATH=" + (pair.from.root / "libssl1.1/usr/lib/x86_64-linux-gnu").string()};
  return made;
}

/// As an Erlang string.
std::string quoted(const fs::path& path) {
  return '"' + path.string() + '"';
}

std::string cell(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '|', ' ');
  return text.size() > 160 ? text.substr(0, 160) + ".." : text;
}

/// What a remark names that cannot be replaced while the node runs.
std::vector<std::string> restart_due(const std::string& remark) {
  const std::string begin = "so that a restart is due: ";
  const auto at = remark.find(begin);
  std::vector<std::string> names;
  if (at == std::string::npos) return names;
  for (const std::string_view word : words(std::string_view(remark).substr(at + begin.size())))
    names.emplace_back(word.ends_with(',') ? word.substr(0, word.size() - 1) : word);
  return names;
}

}  // namespace

LibraryTrial::LibraryTrial(const Pair& pair, const std::vector<PackagedApp>& suite)
    : pair_(pair),
      lab_(options(pair, suite)),
      from_(pair.from, lab_.dir().path()),
      from_revised_(pair.from, lab_.dir().path(), "1"),
      to_(pair.to, lab_.dir().path()),
      to_revised_(pair.to, lab_.dir().path(), "1") {
  lab_.add_node(options(pair, suite));
}

LibraryTrialResult LibraryTrial::run() {
  from_.unpack();
  if (!start()) return std::move(result_);
  try {
    run_steps();
  } catch (const std::exception& error) {
    result_.wrong.push_back(error.what());
  }
  for (std::size_t node = 0; node < nodes; ++node)
    if (!lab_.node(node).runs()) result_.wrong.push_back("a node has died: " + cell(lab_.node(node).log()));
  return std::move(result_);
}

void LibraryTrial::run_steps() {
  boot_with_alias();
  change("upgrade", to_);
  if (installed_ == &to_) change("downgrade", from_);
  if (installed_ == &from_) {
    rebuild_all(from_, from_revised_);
    to_.rebuild();
    change("upgrade again", to_);
  }
  if (installed_ == &to_) {
    boot_with_alias();
    rebuild_all(to_, to_revised_);
    change("downgrade again", from_);
  }
  remove();
  install();
}

bool LibraryTrial::start() {
  const PackagedApp& app = from_.app();
  try {
    for (std::size_t node = 0; node < nodes; ++node) {
      const std::string needed =
          lab_.ask(fmt::format("real:start_needed('{}', {}).", app.app, quoted(app.dir / "ebin")), node);
      if (needed != "[]") result_.not_started = "what it needs cannot be started: " + cell(needed);
    }
    if (result_.not_started.empty()) {
      const Ran ran = lab_.run(start_main, {app.app, app.vsn, app.dir.string()});
      if (ran.exit != 0) result_.not_started = cell(ran.err);
    }
    if (result_.not_started.empty()) start_load();
  } catch (const std::exception& error) {
    result_.not_started = cell(error.what());
  }
  return result_.not_started.empty();
}

/// A node that has booted has both names of the directory in its code path.
void LibraryTrial::boot_with_alias() {
  if (!installed_->alias().empty())
    lab_.ask(fmt::format("code:add_pathz({}).", quoted(installed_->alias() / "ebin")), 1);
}

bool LibraryTrial::is_later(const TestPackage& other) const {
  const std::vector<const TestPackage*> order{&from_, &from_revised_, &to_, &to_revised_};
  return std::ranges::find(order, &other) >= std::ranges::find(order, installed_);
}

void LibraryTrial::change(const std::string& name, const TestPackage& to) {
  const PackagedApp& before = installed_->app();
  const PackagedApp& after = to.app();
  to.unpack();
  const Ran ran =
      is_later(to)
          ? lab_.run(upgrade_main, {"--json", before.app, before.vsn, after.vsn, before.dir, after.dir})
          : lab_.run(downgrade_main, {"--json", before.app, after.vsn, before.vsn, after.dir, before.dir});
  LibraryStep step{name + " " + before.vsn + (installed_ == &to ? "" : " -> " + after.vsn),
                   outcome_of(Json::parse(ran.out), name), ""};
  if (installed_ != &to) {
    (is_done_ ? *installed_ : to).remove();
    // What is replaced when a refused package is removed again: /usr/lib/yaws.
    if (is_done_)
      installed_ = &to;
    else
      installed_->unpack();
  }
  check(std::move(step));
}

void LibraryTrial::rebuild_all(TestPackage& package, TestPackage& revision) {
  change("reinstall", package);
  package.rebuild();
  change("rebuild", package);
  revision.build_like(package);
  change("only the version changed", revision);
  if (installed_ == &revision) change("back", package);
  revision.rebuild();
  change("only C changed", revision);
  if (installed_ == &revision) change("back", package);
}

/// Resources of all versions are in use until the end, and even after it.
void LibraryTrial::remove() {
  ask_all("real_load:stop().");
  is_used_ = false;
  const PackagedApp& app = installed_->app();
  const Ran ran = lab_.run(stop_main, {"--json", app.app, app.vsn, app.dir.string()});
  LibraryStep step{"remove " + app.vsn, outcome_of(Json::parse(ran.out), "remove"), ""};
  installed_->remove();
  ask_all("real_load:release().");
  check(std::move(step));
}

void LibraryTrial::install() {
  installed_->unpack();
  const PackagedApp& app = installed_->app();
  const Ran ran = lab_.run(start_main, {"--json", app.app, app.vsn, app.dir.string()});
  LibraryStep step{"install " + app.vsn, outcome_of(Json::parse(ran.out), "install"), ""};
  start_load();
  check(std::move(step));
}

void LibraryTrial::start_load() {
  is_used_ = true;
  driver_due_ = false;
  ask_all(fmt::format("real_load:start('{}', 1), real_load:mark().", pair_.from.app));
}

void LibraryTrial::ask_all(const std::string& question) {
  for (std::size_t node = 0; node < nodes; ++node)
    lab_.ask(question, node);
}

std::string LibraryTrial::outcome_of(const Json& report, const std::string& name) {
  std::string outcome;
  is_done_ = true;
  for (const Json& node : report.at("nodes")) {
    outcome += (outcome.empty() ? "" : ", ") + node.at("word").get<std::string>();
    if (node.at("outcome") != "done") {
      is_done_ = false;
      outcome += ": " + cell(lab_.neutral(node.at("message")));
    }
    if (node.at("outcome") == "broken" || node.at("outcome") == "error")
      result_.wrong.push_back(name + ": " + node.dump());
    for (const std::string remark : node.at("remarks"))
      for (const std::string& due : restart_due(remark))
        note_due(due, outcome);
  }
  return outcome;
}

void LibraryTrial::note_due(const std::string& due, std::string& outcome) {
  if (due_.insert(due).second) outcome += " (a restart is due: " + due + ")";
  if (due.ends_with(".so")) driver_due_ = true;
}

void LibraryTrial::check(LibraryStep step) {
  std::set<std::string> differing;
  for (std::size_t node = 0; node < nodes; ++node)
    differing.merge(check_node(node, step));
  std::erase_if(due_, [&](const std::string& due) { return !differing.contains(due); });
  result_.steps.push_back(std::move(step));
}

/// Returns what differs from the disk.
std::set<std::string> LibraryTrial::check_node(std::size_t node, LibraryStep& step) {
  const auto wrong = [&](const std::string& what) {
    result_.wrong.push_back(fmt::format("{}: node {}: {}", step.name, node + 1, what));
  };
  lab_.ask("lab:await_idle().", node);
  std::vector<std::string> questions{fmt::format("real:stale('{}', {}, {}).", pair_.from.app,
                                                 quoted(lab_.dir().path()), quoted(installed_->app().dir))};
  if (is_used_)
    questions.insert(questions.end(),
                     {"real_load:errors().", fmt::format("real_load:use_again({}).", !driver_due_)});
  for (const std::string& question : questions)
    if (const std::string answer = lab_.ask(question, node); answer != "[]") wrong(question + " " + answer);
  const Ran ran = lab_.run(node_main, {"compare", "--json", lab_.node(node).alive()});
  const Json found = Json::parse(ran.out);
  const Json& differences = found.at("differences");
  step.compared += fmt::format("{}{}: {} modules, {} libraries", step.compared.empty() ? "" : "; ",
                               differences.empty() ? "in sync" : "differs", found.at("modules").get<int>(),
                               found.at("libraries").get<int>());
  std::set<std::string> differing;
  for (const Json& each : differences) {
    const std::string kind = each.at("kind");
    const std::string what = fs::path(each.at("what").get<std::string>()).filename();
    step.compared += ", " + kind + " " + what;
    differing.insert(what);
    if (!due_.contains(what)) wrong(lab_.neutral(each.dump()));
  }
  const std::string programs = lab_.ask(
      fmt::format("real:old_programs({}, {}).", quoted(lab_.dir().path()), quoted(installed_->app().dir)),
      node);
  for (const std::string_view program : words(std::string_view(programs).substr(1, programs.size() - 2))) {
    step.compared += ", old program " + std::string(program);
    differing.emplace(program);
    if (!due_.contains(std::string(program))) wrong("an old program runs: " + std::string(program));
  }
  return differing;
}

}  // namespace erlrc::test
