// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <erlrc/site/dpkg.hpp>

#include "host.hpp"

// Hosts on which dpkg calls the hooks.

namespace erlrc::test {

/// A host with dpkg's directory, on which dpkg calls the scripts of the package pkg with the application
/// egerl.
struct Dpkg {
  Dpkg()
      : admindir("DPKG_ADMINDIR", (host.dir() / "dpkg").c_str()),
        run_dir("ERLRC_RUN", (host.dir() / "run").c_str()),
        state_dir("ERLRC_STATE", (host.dir() / "state").c_str()),
        package("DPKG_MAINTSCRIPT_PACKAGE", "pkg"),
        arch("DPKG_MAINTSCRIPT_ARCH", "all"),
        timeout("ERLRC_TIMEOUT", "5") {
    host.add_app("egerl", "1.0");
    host.add_app("egerl", "2.0");
    host.add_app("eglib", "1.0");
    host.add_app("eglib", "2.0");
    for (const char* app : {"egerl", "eglib"})
      host.dir().write(std::string("applications/") + app, "");
  }

  std::string line(const std::string& app, const std::string& vsn) const {
    return app + " " + vsn + " " + (host.dir() / (app + "-" + vsn)).string() + "/ebin\n";
  }
  void installed(const std::string& text, const std::string& name = "pkg") const {
    host.dir().write("dpkg/info/" + name + ".erlrc", text);
  }
  void unpacking(const std::string& text) const { host.dir().write("dpkg/tmp.ci/erlrc", text); }

  Ran hook(const std::string& script, std::vector<std::string> args) const {
    args.insert(args.begin(), {"dpkg", script});
    return host.run(hook_main, std::move(args));
  }
  bool recorded() const { return std::filesystem::exists(host.dir() / "run/run"); }

  Host host;
  ScopedEnvironment admindir, run_dir, state_dir, package, arch, timeout;
};

/// The process of dpkg that calls the hooks, as in the run record.
inline std::string caller() {
  const ProcessId id = calling_dpkg().id;
  return std::to_string(id.pid) + " " + id.start;
}

/// The first line of a failed upgrade of egerl.
inline const std::string refusal = "erlrc-hook: egerl of the package pkg could not be upgraded\n";

/// The last line of the first failing call of a run.
inline const std::string way_out = "erlrc-hook: `apt-get -o Erlrc::Hooks=off` leaves all nodes alone\n";

/// An upgrade of egerl from 1.0 to 2.0, with one node.
struct Upgrade : Dpkg {
  explicit Upgrade(Term state, Term end = test::done()) : node(good("n1")) {
    host.add("n1", node);
    play(node, std::move(state), std::move(end));
    installed(line("egerl", "1.0"));
    unpacking(line("egerl", "2.0"));
  }
  FakeNode node;
};

}  // namespace erlrc::test
