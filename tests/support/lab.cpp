// SPDX-License-Identifier: BSD-3-Clause
#include "lab.hpp"
#include "paths.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <erlrc/sys/file.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc::test {
namespace {

const LiveEpmd& epmd() {
  static const LiveEpmd running;
  return running;
}

/// The modules of tests/live/lab that each node has.
const std::vector<std::string> lab_modules{"lab", "lab_inject", "lab_twin", "lab_version"};

/// The directory of their beams, compiled by the release of the nodes.
const TempDir& lab_beams() {
  static const TempDir dir;
  static const int compiled = [] {
    std::string command = "erlc -o '" + dir.path().string() + "'";
    for (const std::string& module : lab_modules)
      command += " " + in_source("tests/live/lab/" + module + ".erl");
    return std::system(command.c_str());
  }();
  if (compiled != 0) throw std::runtime_error("the modules of tests/live/lab cannot be compiled");
  return dir;
}

std::unique_ptr<LiveNode> make_node(LiveNodeOptions options) {
  std::string loaded;
  for (const std::string& module : lab_modules)
    loaded += "{module, _} = code:load_abs(\"" + (lab_beams() / module).string() + "\"), ";
  // In embedded mode a call does not load its module.
  options.arguments.insert(options.arguments.end(), {"-eval", loaded + "lab:open()."});
  return std::make_unique<LiveNode>(epmd(), std::move(options));
}

std::unique_ptr<LiveNode>& shared_node(std::size_t index) {
  static std::vector<std::unique_ptr<LiveNode>> nodes;
  if (nodes.size() <= index) nodes.resize(index + 1);
  return nodes[index];
}

bool is_clean(LiveNode* node) {
  try {
    return node != nullptr && node->runs() && print_term(node->evaluate("lab:reset().")) == "ok";
  } catch (const std::exception&) {
    return false;
  }
}

/// A shared node in its original state.
LiveNode& fresh_node(std::size_t index) {
  auto& node = shared_node(index);
  if (!is_clean(node.get())) {
    node.reset();
    node = make_node({});
  }
  return *node;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts)
    all += (all.empty() ? "" : ", ") + text;
  return all;
}

}  // namespace

std::string child_specs(const std::vector<std::string>& names, const std::string& type) {
  std::vector<std::string> specs;
  for (const std::string& name : names)
    specs.push_back("{" + name + ", {" + name + ", start_link, []}, permanent, 2000, " + type + ", [" + name +
                    "]}");
  return "[" + joined(specs) + "]";
}

LabRelease servers(const std::string& app, const std::string& vsn, const std::vector<std::string>& names,
                   const std::string& keys) {
  LabRelease made{app, vsn, {{app + "_app", "app"}, {app + "_sup", "sup", child_specs(names)}}, keys};
  for (const std::string& name : names)
    made.modules.push_back({name, "server"});
  return made;
}

LabRelease including(const std::string& app, const std::string& vsn, const std::vector<std::string>& included,
                     const std::vector<std::string>& top_level, const std::string& kind) {
  return {app,
          vsn,
          {{app + "_app", "app"}, {app + "_sup", kind, child_specs(top_level, "supervisor")}},
          ", {included_applications, [" + joined(included) + "]}"};
}

Lab::Lab()
    : root_("ERLRC_ROOT", dir_.path().c_str()),
      run_("ERLRC_RUN", (dir_ / "run").c_str()),
      dpkg_root_("DPKG_ROOT", nullptr) {
  std::filesystem::create_directory(dir_ / "nodes");
  enter(fresh_node(0));
}

Lab::Lab(LiveNodeOptions options)
    : root_("ERLRC_ROOT", dir_.path().c_str()),
      run_("ERLRC_RUN", (dir_ / "run").c_str()),
      dpkg_root_("DPKG_ROOT", nullptr) {
  std::filesystem::create_directory(dir_ / "nodes");
  add_node(std::move(options));
}

Lab::~Lab() = default;

void Lab::enter(LiveNode& node) {
  nodes_.push_back(&node);
  const NodeEntry entry = node.entry();
  dir_.write("nodes/" + node.alive(),
             "cookie = " + entry.cookie.reveal() + "\nepmd_port = " + std::to_string(epmd().port()) + "\n",
             0600);
}

LiveNode& Lab::add_node(LiveNodeOptions options) {
  own_.push_back(make_node(std::move(options)));
  enter(*own_.back());
  return *own_.back();
}

LiveNode& Lab::add_twin() {
  enter(fresh_node(nodes_.size()));
  return *nodes_.back();
}

std::string Lab::at(const std::string& app, const std::string& vsn) const {
  return (dir_ / (app + "-" + vsn)).string();
}

std::string Lab::add(const LabRelease& release) {
  const std::string name = release.app + "-" + release.vsn;
  std::vector<std::string> names;
  std::vector<std::string> quoted;
  for (const LabModule& module : release.modules) {
    std::string source =
        read_file(std::filesystem::path(in_source("tests/live/lab")) / (module.kind + ".erl"));
    source = replace_all(std::move(source), "?MODULE", "?THIS");
    source = replace_all(std::move(source), "MODULE", module.name);
    source = replace_all(std::move(source), "?THIS", "?MODULE");
    source = replace_all(std::move(source), "APP", release.app);
    source = replace_all(std::move(source), "CHILDREN", module.children);
    dir_.write(name + "/src/" + module.name + ".erl", source);
    names.push_back(module.name);
    quoted.push_back("\"" + module.name + "\"");
  }
  std::string keys = release.keys;
  // Adds the keys that the release does not set.
  if (keys.find("{mod,") == std::string::npos) keys += ", {mod, {" + release.app + "_app, [args]}}";
  if (keys.find("{applications,") == std::string::npos) keys += ", {applications, [kernel, stdlib]}";
  dir_.write(name + "/ebin/" + release.app + ".app",
             "{application, " + release.app + ",\n [{description, \"for tests\"},\n  {vsn, \"" + release.vsn +
                 "\"},\n  {modules, [" + joined(names) + "]},\n  {registered, []},\n  {env, [{of_vsn, \"" +
                 release.vsn + "\"}" + release.env + "]}" + keys + "]}.\n");
  if (!release.appup.empty()) dir_.write(name + "/ebin/" + release.app + ".appup", release.appup);
  const std::string dir = at(release.app, release.vsn);
  const std::string made =
      ask("lab:build(\"" + dir + "\", \"" + release.vsn + "\", [" + joined(quoted) + "]).");
  if (made != "ok") throw std::runtime_error(made);
  return dir;
}

void Lab::want(const std::string& app) const {
  dir_.write("applications/" + app, "");
}

std::string Lab::ask(const std::string& expressions, std::size_t index) {
  return neutral(print_term(node(index).evaluate(expressions)));
}

std::string Lab::pid_of(const std::string& name) {
  const std::string pid = ask("pid_to_list(whereis(" + name + ")).");
  return pid.substr(1, pid.size() - 2);
}

Ran Lab::run(ToolMain program, std::vector<std::string> args) {
  Streams streams;
  const auto began = std::chrono::steady_clock::now();
  const int exit = program(args, streams);
  if (exit == 0)
    slowest_ = std::max<std::chrono::duration<double>>(slowest_, std::chrono::steady_clock::now() - began);
  return {exit, neutral(streams.out), neutral(streams.err)};
}

double Lab::slowness() const {
  constexpr std::chrono::duration<double> usual{0.03};
  return std::max(1.0, slowest_ / usual);
}

std::vector<std::string> Lab::limit(double seconds) const {
  return {"--timeout", std::to_string(seconds * slowness())};
}

Ran Lab::start(const std::string& app, const std::string& vsn, std::vector<std::string> options) {
  options.insert(options.end(), {app, vsn, at(app, vsn)});
  return run(start_main, options);
}

Ran Lab::stop(const std::string& app, const std::string& vsn, std::vector<std::string> options) {
  options.insert(options.end(), {app, vsn, at(app, vsn)});
  return run(stop_main, options);
}

Ran Lab::upgrade(const std::string& app, const std::string& from, const std::string& to,
                 std::vector<std::string> options) {
  options.insert(options.end(), {app, from, to, at(app, from), at(app, to)});
  return run(upgrade_main, options);
}

Ran Lab::downgrade(const std::string& app, const std::string& to, const std::string& from,
                   std::vector<std::string> options) {
  options.insert(options.end(), {app, to, from, at(app, to), at(app, from)});
  return run(downgrade_main, options);
}

Child Lab::launch(const std::string& name, const std::vector<std::string>& args) const {
  std::vector<std::string> all{built_program(name)};
  all.insert(all.end(), args.begin(), args.end());
  return Child(all, {"ERLRC_ROOT=" + dir_.path().string()}, output());
}

std::string Lab::condition(const std::string& app, std::size_t index) {
  return ask(
      "lab_version:condition(" + app + ", \"" + at(app, "1.0.0") + "\", \"" + at(app, "2.0.0") + "\").",
      index);
}

std::string Lab::neutral(std::string text) const {
  for (std::size_t i = nodes_.size(); i-- > 0;)
    text = replace_all(std::move(text), nodes_[i]->alive(), i == 0 ? "NODE" : "NODE" + std::to_string(i + 1));
  return replace_all(std::move(text), dir_.path().string(), "LAB");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Ran in_time(const std::function<Ran(double seconds)>& attempt) {
  for (double seconds = 1.6;; seconds *= 4) {
    Ran ran = attempt(seconds);
    if (seconds > 60 || ran.err.find(": did not answer in time") == std::string::npos) return ran;
  }
}

Ran at_limit(std::optional<Lab>& host, const std::function<Ran(Lab& lab, double seconds)>& attempt) {
  return in_time([&](double seconds) {
    host.emplace();
    return attempt(*host, seconds);
  });
}

}  // namespace erlrc::test
