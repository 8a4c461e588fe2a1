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

// A host with real nodes and real applications, for tests of the programs. lab:on/2 on the node sets at run
// time what the applications' callbacks do (tests/live/lab/lab.erl).

namespace erlrc::test {

/// A module of an application: tests/live/lab/KIND.erl with MODULE, APP and CHILDREN replaced.
struct LabModule {
  std::string name;
  std::string kind;
  std::string children = "[]";  ///< the child specifications of a supervisor
};

/// One version of an application.
struct LabRelease {
  std::string app;
  std::string vsn;
  std::vector<LabModule> modules;
  std::string keys = {};   ///< further keys of the .app file, each with a comma before it
  std::string appup = {};  ///< the whole file; empty: the package ships no appup
  std::string env = {};    ///< env of the .app file, each with a comma before it; {of_vsn, Vsn} is added
};

/// `{Name, {Name, start_link, []}, permanent, 2000, worker, [Name]}` for each.
std::string child_specs(const std::vector<std::string>& names, const std::string& type = "worker");

/// An application APP with APP_app, APP_sup and these gen_servers.
LabRelease servers(const std::string& app, const std::string& vsn, const std::vector<std::string>& names,
                   const std::string& keys = {});

/// An application with only a supervisor, of that `kind`, which includes these applications. As in the
/// manual, it starts the top supervisors of included ones: those in `top_level`.
LabRelease including(const std::string& app, const std::string& vsn, const std::vector<std::string>& included,
                     const std::vector<std::string>& top_level = {}, const std::string& kind = "sup");

class Lab {
public:
  /// A host with one registered node. Without options all tests of the program share that node;
  /// whatever the previous test left there is removed.
  Lab();
  explicit Lab(LiveNodeOptions options);
  ~Lab();

  LiveNode& node(std::size_t index = 0) { return *nodes_.at(index); }
  /// Starts and registers one more node.
  LiveNode& add_node(LiveNodeOptions options = {});
  /// Registers another node that all tests of the program share.
  LiveNode& add_twin();

  const TempDir& dir() const { return dir_; }
  /// Writes and compiles a version; returns the path of its directory.
  std::string add(const LabRelease& release);
  /// The directory where `add` puts a version.
  std::string at(const std::string& app, const std::string& vsn) const;
  /// Lists the application in $ERLRC_ROOT/applications.
  void want(const std::string& app) const;

  /// Evaluates on a node; returns the value as Erlang prints it, with LAB for the host's directory.
  std::string ask(const std::string& expressions, std::size_t index = 0);

  /// The pid of a registered process, as the programs print it.
  std::string pid_of(const std::string& name);

  /// Runs a program in this process. In its output the host's directory is LAB and the nodes are NODE,
  /// NODE2 and so on.
  Ran run(ToolMain program, std::vector<std::string> args);
  Ran start(const std::string& app, const std::string& vsn, std::vector<std::string> options = {});
  Ran stop(const std::string& app, const std::string& vsn, std::vector<std::string> options = {});
  Ran upgrade(const std::string& app, const std::string& from, const std::string& to,
              std::vector<std::string> options = {});
  Ran downgrade(const std::string& app, const std::string& to, const std::string& from,
                std::vector<std::string> options = {});

  /// The factor of the slowest run so far to a usual one: 1 on a quiet machine.
  double slowness() const;
  /// `--timeout` with that number of seconds, for a run that has to end at its limit. On a busy machine it is
  /// longer by the factor `slowness`, so that everything else is done in time.
  std::vector<std::string> limit(double seconds) const;

  /// Starts the program erlrc-NAME as a separate process; its output goes to the file `output()`.
  Child launch(const std::string& name, const std::vector<std::string>& args) const;
  std::filesystem::path output() const { return dir_ / "output"; }

  /// `old` or `new`, if the whole node matches version 1.0.0 or 2.0.0 of the application; otherwise the
  /// differences from both.
  std::string condition(const std::string& app, std::size_t index = 0);

  /// The text with LAB and NODE in place of the directory and the nodes of this host.
  std::string neutral(std::string text) const;

private:
  void enter(LiveNode& node);

  TempDir dir_;
  ScopedEnvironment root_;
  ScopedEnvironment run_;
  ScopedEnvironment dpkg_root_;
  std::vector<std::unique_ptr<LiveNode>> own_;
  std::vector<LiveNode*> nodes_;
  std::chrono::duration<double> slowest_{0};
};

/// Whether `part` is in `text`.
bool has(const std::string& text, const std::string& part);

/// Runs `attempt`, which ends at a time limit of that many seconds. If the machine was too busy for an answer
/// in that time, runs it again with a longer limit, until there is an answer.
Ran in_time(const std::function<Ran(double seconds)>& attempt);

/// The same for an attempt that leaves its marks on the host: each time on a new one.
Ran at_limit(std::optional<Lab>& host, const std::function<Ran(Lab& lab, double seconds)>& attempt);

}  // namespace erlrc::test
