// SPDX-License-Identifier: BSD-3-Clause
#include "library_trial.hpp"

#include <algorithm>
#include <exception>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <erlrc/sys/file.hpp>

#include "paths.hpp"

namespace erlrc::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

LiveNodeOptions options(const Pair& pair, const std::vector<PackagedApp>& suite) {
  LiveNodeOptions made;
  made.arguments = {"-pa", in_build("tests/real/beams")};
  for (const PackagedApp& app : suite)
    if (!app.of_otp && app.app != pair.from.app)
      made.arguments.insert(made.arguments.end(), {"-pa", (app.dir / "ebin").string()});
  return made;
}

/// The application in a directory of its own, with the name that it has in its package.
PackagedApp copied(PackagedApp app, const fs::path& root) {
  const fs::path directory = root / app.dir.filename();
  fs::copy(app.dir, directory, fs::copy_options::recursive);
  app.dir = directory;
  return app;
}

std::vector<fs::path> files(const PackagedApp& app, const std::string& extension = "") {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(app.dir))
    if (entry.is_regular_file() && (extension.empty() || entry.path().extension() == extension))
      found.push_back(entry.path());
  return found;
}

/// Puts the content into a new file in place of this one, as dpkg does.
void replace(const fs::path& file, const std::string& content) {
  const fs::path added = file.string() + ".dpkg-new";
  std::ofstream(added, std::ios::binary) << content;
  fs::rename(added, file);
}

void reinstall(const PackagedApp& app) {
  for (const fs::path& file : files(app))
    replace(file, read_file(file));
}

/// The libraries of another build: with another build id, which the linker has put there.
void rebuild_libraries(const PackagedApp& app) {
  const std::string note("\x14\0\0\0\x03\0\0\0GNU\0", 12);
  for (const fs::path& file : files(app, ".so")) {
    std::string content = read_file(file);
    if (const auto at = content.find(note); at != std::string::npos)
      content[at + note.size()] = static_cast<char>(content[at + note.size()] ^ 1);
    replace(file, content);
  }
}

std::string ebin(const PackagedApp& app) {
  return "\"" + (app.dir / "ebin").string() + "\"";
}

std::string cell(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '|', ' ');
  return text.size() > 160 ? text.substr(0, 160) + ".." : text;
}

}  // namespace

bool has_libraries(const PackagedApp& app) {
  return !files(app, ".so").empty();
}

LibraryTrial::LibraryTrial(const Pair& pair, const std::vector<PackagedApp>& suite)
    : pair_(pair),
      lab_(options(pair, suite)),
      from_(copied(pair.from, lab_.dir().path())),
      to_(copied(pair.to, lab_.dir().path())) {
  lab_.add_node(options(pair, suite));
}

LibraryTrialResult LibraryTrial::run() {
  if (!start()) return std::move(result_);
  step("upgrade", upgrade_main, from_, to_);
  step("downgrade", downgrade_main, from_, to_);
  reinstall(from_);
  step("reinstall", upgrade_main, from_, from_);
  rebuild_libraries(from_);
  step("rebuild", upgrade_main, from_, from_);
  rebuild_libraries(to_);
  step("upgrade again", upgrade_main, from_, to_);
  reinstall(to_);
  step("reinstall", upgrade_main, to_, to_);
  step("downgrade again", downgrade_main, from_, to_);
  return std::move(result_);
}

bool LibraryTrial::start() {
  try {
    for (std::size_t node = 0; node < 2; ++node) {
      const std::string needed =
          lab_.ask(fmt::format("real:start_needed('{}', {}).", from_.app, ebin(from_)), node);
      if (needed != "[]") result_.not_started = "what it needs cannot be started: " + cell(needed);
    }
    if (result_.not_started.empty()) {
      const Ran ran = lab_.run(start_main, {from_.app, from_.vsn, from_.dir.string()});
      if (ran.exit != 0) result_.not_started = cell(ran.err);
    }
    for (std::size_t node = 0; node < 2 && result_.not_started.empty(); ++node)
      lab_.ask(fmt::format("real_load:start('{}', 1), real_load:mark().", from_.app), node);
  } catch (const std::exception& error) {
    result_.not_started = cell(error.what());
  }
  return result_.not_started.empty();
}

void LibraryTrial::step(const std::string& name, ToolMain tool, const PackagedApp& from,
                        const PackagedApp& to) {
  std::vector<std::string> args{"--json", from.app, from.vsn, to.vsn, from.dir.string(), to.dir.string()};
  const Ran ran = lab_.run(tool, args);
  LibraryStep done{name, "", ""};
  bool restart_due = false;
  const Json report = Json::parse(ran.out);
  for (const Json& node : report.at("nodes")) {
    done.outcome += (done.outcome.empty() ? "" : ", ") + node.at("word").get<std::string>();
    if (node.at("outcome") == "broken" || node.at("outcome") == "error")
      result_.wrong.push_back(name + ": " + node.dump());
    // The files are other ones now, and the node is not.
    if (node.at("outcome") != "done" && from.dir == to.dir) restart_due = true;
    for (const std::string remark : node.at("remarks"))
      if (remark.find("a restart is due") != std::string::npos) restart_due = true;
  }
  check(std::move(done), restart_due);
}

void LibraryTrial::check(LibraryStep step, bool restart_due) {
  restart_due_ = restart_due_ || restart_due;
  for (std::size_t node = 0; node < 2; ++node) {
    lab_.ask("lab:await_idle().", node);
    const std::string errors = lab_.ask("real_load:errors().", node);
    if (errors != "[]") result_.wrong.push_back(step.name + ": " + errors);
    const Ran ran = lab_.run(node_main, {"compare", "--json", lab_.node(node).alive()});
    const Json differences = Json::parse(ran.out).at("differences");
    step.compared += (step.compared.empty() ? "" : ", ") + std::string(differences.empty() ? "in sync" : "");
    for (const Json& each : differences) {
      const std::string kind = each.at("kind");
      step.compared += kind + " " + each.at("what").get<std::string>() + " ";
      if (kind != "other_library" || !restart_due_)
        result_.wrong.push_back(step.name + ": " + lab_.neutral(each.dump()));
    }
  }
  if (restart_due) step.outcome += " (a restart is due)";
  step.compared = cell(step.compared);
  result_.steps.push_back(std::move(step));
}

}  // namespace erlrc::test
