// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "live_node.hpp"
#include "ran.hpp"
#include "temp_dir.hpp"

// A host with real nodes and real applications, on which tests try the programs. What the applications'
// callbacks do is decided while they run, by lab:on/2 on the node (tests/live/lab/lab.erl).

namespace erlrc::test {

/// A module of an application: tests/live/lab/KIND.erl with its MODULE, APP and CHILDREN filled in.
struct LabModule {
  std::string name;
  std::string kind;
  std::string children = "[]";  ///< of a supervisor: its child specifications
};

/// One version of an application.
struct LabRelease {
  std::string app;
  std::string vsn;
  std::vector<LabModule> modules;
  std::string keys = {};   ///< further keys of the .app file, each with a comma before it
  std::string appup = {};  ///< the whole file; empty: none is shipped
  std::string env = {};    ///< of the .app file, each with a comma before it; {of_vsn, Vsn} is always there
};

/// `{Name, {Name, start_link, []}, permanent, 2000, worker, [Name]}` for each.
std::string child_specs(const std::vector<std::string>& names, const std::string& type = "worker");

/// An application APP with APP_app, APP_sup and these gen_servers.
LabRelease servers(const std::string& app, const std::string& vsn, const std::vector<std::string>& names,
                   const std::string& keys = {});

class Lab {
public:
  /// A host with one registered node. Without options that is one that all tests of the program share;
  /// whatever the test before left there is taken away.
  Lab();
  explicit Lab(LiveNodeOptions options);
  ~Lab();

  LiveNode& node(std::size_t index = 0) { return *nodes_.at(index); }
  /// Starts and registers one more node.
  LiveNode& add_node(LiveNodeOptions options = {});
  /// Registers one more of the nodes that all tests of the program share.
  LiveNode& add_twin();

  const TempDir& dir() const { return dir_; }
  /// Writes and compiles a version; the path of its directory.
  std::string add(const LabRelease& release);
  /// Where `add` puts a version.
  std::string at(const std::string& app, const std::string& vsn) const;
  /// Lists the application in $ERLRC_ROOT/applications.
  void want(const std::string& app) const;

  /// Evaluates on a node, and prints the value as Erlang would, with LAB for the host's directory.
  std::string ask(const std::string& expressions, std::size_t index = 0);

  /// Runs a program in this process. In what it prints the host's directory is LAB and the nodes are NODE,
  /// NODE2 and so on.
  Ran run(ToolMain program, std::vector<std::string> args);
  Ran start(const std::string& app, const std::string& vsn, std::vector<std::string> options = {});
  Ran stop(const std::string& app, const std::string& vsn, std::vector<std::string> options = {});
  Ran upgrade(const std::string& app, const std::string& from, const std::string& to,
              std::vector<std::string> options = {});
  Ran downgrade(const std::string& app, const std::string& to, const std::string& from,
                std::vector<std::string> options = {});

  /// How many times longer than usual the slowest run took until now: 1 on a quiet machine.
  double slowness() const;
  /// `--timeout` with this many seconds, for a run that has to end at its limit. On a busy machine it is
  /// `slowness` times as long, so that all else is done in time.
  std::vector<std::string> limit(double seconds) const;

  /// Starts the program erlrc-NAME as a process of its own; what it prints goes to the file `output()`.
  Child launch(const std::string& name, const std::vector<std::string>& args) const;
  std::filesystem::path output() const { return dir_ / "output"; }

  /// `old` or `new`, if all of the node is as version 1.0.0 or 2.0.0 of the application says; else what
  /// speaks against both.
  std::string condition(const std::string& app, std::size_t index = 0);

  /// A text in which the directory and the nodes of this host are called LAB and NODE.
  std::string neutral(std::string text) const;

private:
  void enter(LiveNode& node);

  TempDir dir_;
  ScopedEnvironment root_;
  ScopedEnvironment dpkg_root_;
  std::vector<std::unique_ptr<LiveNode>> own_;
  std::vector<LiveNode*> nodes_;
  std::chrono::duration<double> slowest_{0};
};

/// Runs `attempt`, which ends at a time limit of so many seconds, on a host made for it; if the machine was
/// too busy for an answer in that time, once more with a longer one, until there is an answer.
Ran at_limit(std::optional<Lab>& host, const std::function<Ran(Lab& lab, double seconds)>& attempt);

}  // namespace erlrc::test
