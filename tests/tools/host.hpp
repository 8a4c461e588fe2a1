// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include <erlrc/erlang/program.hpp>

#include "fake_node.hpp"
#include "ran.hpp"
#include "temp_dir.hpp"

// A host for the programs to run on: an $ERLRC_ROOT, application directories, and fake nodes.

namespace erlrc::test {

/// The cookie of every node: no program must ever print it.
inline const std::string cookie = "KEEP7THIS8SECRET9";

class Host {
public:
  Host();

  /// Runs a program in this process; the host's directory is printed as `HOST`. Fails the test if the
  /// cookie is in the output.
  Ran run(ToolMain program, std::vector<std::string> args) const;

  /// Registers `node` under `name`.
  void add(const std::string& name, const FakeNode& node) const;

  /// Writes the .app and .beam files of an application with `modules`, and returns its directory. The beams
  /// are golden files, by OTP 23 for versions that begin with 1, and by OTP 25 for any other version.
  std::string add_app(const std::string& app, const std::string& vsn,
                      const std::vector<std::string>& modules = {"plain"}) const;

  const TempDir& dir() const { return dir_; }

private:
  TempDir dir_;
  ScopedEnvironment root_;
  ScopedEnvironment run_;
  ScopedEnvironment epmd_;
  ScopedEnvironment dpkg_root_;
};

/// A fake node at localhost that has the cookie.
FakeNodeOptions good(const std::string& name, Fault fault = Fault::none);

/// An application that is loaded and runs.
struct Running {
  std::string app;
  std::string vsn;
};

/// The answer of the observer for a node of OTP 25 on which these applications run and no other is loaded.
Term observed(const std::vector<Running>& running, const std::string& lib_dir = "/lib");

/// Results of the runner.
Term done();
Term prepared();
Term failed(const std::string& why, bool touched = true, const std::vector<std::string>& left = {});

/// Makes `node` answer the observer with `state`, and the runner with `end`. If `end` is prepared(), the run
/// then commits or rolls back, as the verdict demands.
void play(FakeNode& node, Term state, Term end = done());

/// Whether the call starts the runner.
bool is_runner(const Call& call);

/// Whether the runner has been started.
bool was_run(const FakeNode& node);

/// The value of one key of the runner's argument.
Term run_argument(const FakeNode& node, const std::string& key);

/// The names of the steps that the runner got.
std::vector<std::string> steps_run(const FakeNode& node);

}  // namespace erlrc::test
