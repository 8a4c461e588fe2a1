// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "live_node.hpp"
#include "temp_dir.hpp"

// A host whose administrator lists applications, and a node that boots them with the application erlrc. The
// applications are files that say what depends on what; what their start does, tests/live/boot/boots.erl
// knows.

namespace erlrc::test {

class BootHost {
public:
  /// `relations` is as "foo !bar ?qux": depends on foo, includes bar, and depends on qux if that is there.
  /// `does` is `runs`, `{sleeps, Ms}`, `{fails, Reason}` or `crashes`; `keys` are further ones of the .app
  /// file, each with a comma before it.
  BootHost& app(const std::string& name, const std::string& relations = "", const std::string& does = "runs",
                const std::string& keys = "");
  /// Gives it a module, and no others.
  BootHost& module(const std::string& app, const std::string& name, const std::string& source);
  /// Lists applications, separated by spaces, with what their files hold.
  BootHost& want(const std::string& names, const std::string& content = "");
  /// A file below the administrator's directory.
  BootHost& write(const std::string& file, const std::string& text);

  const TempDir& dir() const { return dir_; }
  std::string root() const { return (dir_ / "root").string(); }

  /// Has the node that tests share boot this host, as if nothing had run there before: what boot/0 returned.
  std::string boot();
  /// What the shared node says, as Erlang prints it, with HOST for this host's directory.
  std::string ask(const std::string& expressions);
  std::string running() { return ask("boots:running()."); }

  /// Arguments of erl for a node of its own that can boot this host, and its environment.
  std::vector<std::string> arguments() const;
  LiveNodeOptions options(std::vector<std::string> further) const;
  /// The same in embedded mode.
  LiveNodeOptions embedded_options() const;

  std::string neutral(std::string text) const;

private:
  TempDir dir_;
};

/// Where the release that runs the nodes has compiled the application erlrc.
std::string erlrc_ebin();

const LiveEpmd& boot_epmd();

}  // namespace erlrc::test
