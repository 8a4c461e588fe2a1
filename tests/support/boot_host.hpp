// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "live_node.hpp"
#include "temp_dir.hpp"

// A host whose administrator lists applications, and a node that boots them with the application erlrc. The
// applications are files that declare dependencies; tests/live/boot/boots.erl implements their start.

namespace erlrc::test {

class BootHost {
public:
  /// `relations` is like "foo !bar ?qux": depends on foo, includes bar, and depends on qux if it exists.
  /// `does` is `runs`, `{sleeps, Ms}`, `{fails, Reason}` or `crashes`; `keys` are further keys of the .app
  /// file, each with a comma before it.
  BootHost& app(const std::string& name, const std::string& relations = "", const std::string& does = "runs",
                const std::string& keys = "");
  /// Gives the application a module, and no others.
  BootHost& module(const std::string& app, const std::string& name, const std::string& source);
  /// Lists applications, separated by spaces, with the content of their files.
  BootHost& want(const std::string& names, const std::string& content = "");
  /// A file below the administrator's directory.
  BootHost& write(const std::string& file, const std::string& text);

  const TempDir& dir() const { return dir_; }
  std::string root() const { return (dir_ / "root").string(); }

  /// Boots this host on the shared node, as if nothing had run there before; returns the result of boot/0.
  std::string boot();
  /// Evaluates on the shared node; returns the value as Erlang prints it, with HOST for this host's
  /// directory.
  std::string ask(const std::string& expressions);
  std::string running() { return ask("boots:running()."); }

  /// Arguments of erl for a separate node that can boot this host, and its environment.
  std::vector<std::string> arguments() const;
  LiveNodeOptions options(std::vector<std::string> further) const;
  /// The same in embedded mode.
  LiveNodeOptions embedded_options() const;

  std::string neutral(std::string text) const;

private:
  TempDir dir_;
};

/// The directory of the application erlrc, compiled by the release of the nodes.
std::string erlrc_ebin();

const LiveEpmd& boot_epmd();

}  // namespace erlrc::test
