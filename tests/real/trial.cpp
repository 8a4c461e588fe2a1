// SPDX-License-Identifier: BSD-3-Clause
#include "trial.hpp"
#include "paths.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace erlrc::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

LiveNodeOptions options(const Pair& pair, const std::vector<PackagedApp>& suite) {
  LiveNodeOptions made;
  // Otherwise yaws expects a file with its configuration.
  made.arguments = {"-yaws", "embedded", "true", "-pa", in_build("tests/real/beams")};
  // OTP's own applications are those of the node, except for the one that is tried. Some others are in
  // several packages, in other versions: that of its own package comes first, which means the last of -pa.
  for (const bool own : {false, true})
    for (const PackagedApp& app : suite)
      if (!app.of_otp && own == (app.package == pair.from.package))
        made.arguments.insert(made.arguments.end(), {"-pa", (app.dir / "ebin").string()});
  // Packages of bullseye need libraries that this system no longer has.
  made.environment = {"LD_LIBRARY_PATH=" + (pair.from.root / "libssl1.1/usr/lib/x86_64-linux-gnu").string()};
  return made;
}

/// The ebin directory as an Erlang string.
std::string ebin(const PackagedApp& app) {
  return "\"" + (app.dir / "ebin").string() + "\"";
}

std::string unquoted(const std::string& text) {
  return text.size() >= 2 && text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

/// The elements of a list of atoms.
std::string words(const std::string& list) {
  std::string text;
  for (const char c : list.substr(1, list.size() - 2))
    text += c == ',' ? ", " : std::string(1, c);
  return text;
}

/// The text without characters that would end a cell, cut to a length that fits.
std::string cell(const std::string& text, std::size_t most = 160) {
  std::string line;
  for (const char c : text)
    line += c == '\n' || c == '|' ? ' ' : c;
  return line.size() > most ? line.substr(0, most) + ".." : line;
}

std::string appup_of(const Json& notes) {
  if (notes.empty()) return {};
  const std::string note = notes.front();
  if (note.find("appup: the one") == 0) return "shipped";
  if (note.find("no entry") != std::string::npos) return "made, as the shipped one has no entry";
  return note.find("same version") == 0 ? "made, same version" : "made";
}

/// Whether one of the remarks has this part.
bool has_remark(const Json& node, const std::string& part) {
  return std::ranges::any_of(
      node.at("remarks"), [&](const std::string& remark) { return remark.find(part) != std::string::npos; });
}

bool restarts_application(const Json& node) {
  return has_remark(node, ": was stopped and is started again");
}

/// Then it has this code before and after.
bool is_refused_for_old_code(const Json& node) {
  const std::string message = node.value("message", "");
  return message.find("still run the code before the last upgrade") != std::string::npos;
}

/// The differences between node and disk that the program has reported.
std::set<std::string> expected_differences(const Json& node) {
  std::set<std::string> kinds;
  if (has_remark(node, "so that a restart is due")) kinds.insert("other_library");
  if (has_remark(node, "keep running old code") || is_refused_for_old_code(node)) kinds.insert("old_code");
  if (has_remark(node, "that the appup leaves as they are")) kinds.insert({"shadowed", "other_code"});
  return kinds;
}

}  // namespace

Trial::Trial(const Pair& pair, const std::vector<PackagedApp>& suite)
    : pair_(pair), lab_(options(pair, suite)) {}

Row Trial::run() {
  Row row;
  row.changed = unquoted(lab_.ask(
      fmt::format("real:difference('{}', {}, {}).", pair_.from.app, ebin(pair_.from), ebin(pair_.to))));
  start(row);
  if (!row.not_started.empty()) return row;
  change_twice(row);
  if (load_.requests > 0) break_application(row);
  return row;
}

void Trial::change_twice(Row& row) {
  row.processes = count();
  row.up = change(upgrade_main, pair_.to, row);
  row.processes += ", " + count();
  if (!row.up.starts_with("done")) return;
  row.down = change(downgrade_main, pair_.from, row);
  row.processes += ", " + count();
}

void Trial::start(Row& row) {
  try {
    const std::string needed =
        lab_.ask(fmt::format("real:start_needed('{}', {}).", pair_.from.app, ebin(pair_.from)));
    if (needed != "[]") {
      row.not_started = "what it needs cannot be started: " + cell(needed);
      return;
    }
    const Ran ran = lab_.run(start_main, {"--json", pair_.from.app, pair_.from.vsn, pair_.from.dir.string()});
    const Json node = Json::parse(ran.out).at("nodes").at(0);
    if (node.at("outcome") != "done") row.not_started = cell(node.at("message"));
    if (row.not_started.empty()) start_load(lab_, pair_.from.app);
  } catch (const std::exception& error) {
    row.not_started = error.what();
  }
  if (row.not_started.find("the node closed the connection") != std::string::npos)
    row.not_started = "ends its node, without its configuration";
}

/// Upgrades or downgrades, and returns the outcome as a cell. The outcome that the program reports decides
/// what the node must be like afterwards.
std::string Trial::change(ToolMain tool, const PackagedApp& after, Row& row) {
  lab_.ask("lab:mark().");
  mark_load(lab_);
  const Ran ran = lab_.run(tool, {"--json", pair_.from.app, pair_.from.vsn, pair_.to.vsn,
                                  pair_.from.dir.string(), pair_.to.dir.string()});
  const Json node = Json::parse(ran.out).at("nodes").at(0);
  const std::string outcome = node.at("outcome");
  const std::string appup = appup_of(node.at("notes"));
  if (!appup.empty()) row.appup = appup;
  std::string text = outcome;
  count_failures(restarts_application(node), row);
  if (outcome == "done") {
    // A wrong conversion of the author may show only when the process gets its next message.
    if (lab_.ask(fmt::format("real:ends('{}').", after.app)) == "true")
      return "done, but the application ended then: its processes could not continue";
    // Old code is removed after the answer.
    check(fmt::format("lab:await_idle(), real:problems('{}', {}, {}).", after.app, ebin(after),
                      appup == "shipped" ? "some" : "all"),
          row);
    compare(expected_differences(node), row);
    if (node.at("suspended_us") > 0)
      text += fmt::format(", suspended {:.1f} ms", static_cast<double>(node.at("suspended_us")) / 1000);
  } else {
    check("real:changes().", row);
    compare(expected_differences(node), row);
    if (node.at("word") != outcome) text += " (" + node.at("word").get<std::string>() + ")";
    text += ": " + cell(lab_.neutral(node.at("message")));
  }
  if (outcome == "broken" || outcome == "error") row.wrong.push_back(node.dump());
  for (const auto& remark : node.at("remarks"))
    text += "; " + cell(lab_.neutral(remark), 100);
  return text;
}

void Trial::check(const std::string& question, Row& row) {
  const std::string answer = lab_.ask(question);
  if (answer != "[]") row.wrong.push_back(question + " " + answer);
}

/// Adds what the callers have noticed. Nothing may fail and no process end, unless the program has said that
/// the application is restarted.
void Trial::count_failures(bool restarts, Row& row) {
  const Load load = load_since_mark(lab_);
  load_.add(load);
  if (!restarts) {
    for (const std::string& error : load.errors)
      row.wrong.push_back("a request failed: " + error);
    for (const std::string& killed : load.killed)
      row.wrong.push_back("a process ended: " + killed);
  }
  if (load_.requests > 0) {
    row.failed = fmt::format("{} of {}", load_.failed, load_.requests);
    row.longest = fmt::format("{:.1f} ({:.1f})", load_.longest_ms, load_.before_ms);
  }
  row.killed = std::to_string(load_.killed.size());
}

/// A load that fails neither without the processes nor without the code of the application proves nothing.
void Trial::break_application(Row& row) {
  row.notices = words(lab_.ask(fmt::format("real_load:notices('{}').", pair_.from.app)));
  if (row.notices.empty()) row.wrong.push_back("the load does not notice that the application is broken");
}

/// The node runs what its code path leads to, modules and libraries, but for the `expected` kinds of
/// differences.
void Trial::compare(const std::set<std::string>& expected, Row& row) {
  lab_.ask("lab:await_idle().");
  const Ran ran = lab_.run(node_main, {"compare", "--json", lab_.node().alive()});
  const Json found = Json::parse(ran.out);
  const auto is_expected = [&](const Json& difference) { return expected.contains(difference.at("kind")); };
  if (!std::ranges::all_of(found.at("differences"), is_expected)) row.wrong.push_back(ran.out + ran.err);
}

std::string Trial::count() {
  return lab_.ask(fmt::format("real:count('{}').", pair_.from.app));
}

}  // namespace erlrc::test
