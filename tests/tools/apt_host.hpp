// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <fcntl.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/sys/file.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "host.hpp"
#include "made_deb.hpp"

// Hosts on which APT calls erlrc-apt-preflight.

namespace erlrc::test {

/// An APT that is about to change packages of a host.
struct Apt {
  Apt() : dpkg_root("DPKG_ROOT", nullptr) {}

  std::string ebin(const std::string& app, const std::string& vsn) const {
    return (host.dir() / (app + "-" + vsn)).string() + "/ebin";
  }
  std::string member(const std::string& app, const std::string& vsn) const {
    return app + " " + vsn + " " + ebin(app, vsn) + "\n";
  }

  /// Installs PACKAGE 1.0, which contains the application of the same name.
  void installed(const std::string& app) const {
    host.add_app(app, "1.0");
    host.dir().write("dpkg/info/" + app + ".erlrc", member(app, "1.0"));
  }

  /// Writes an archive of PACKAGE 2.0, whose files are only in the archive, and returns its path. `policy`
  /// are lines of the control member erlrc, `control` of the member control. With a policy, the application
  /// is not registered to be started.
  std::string archive(const std::string& app, const std::string& appup = "", const std::string& needs = "",
                      const std::string& policy = "", const std::string& control = "") const {
    const std::filesystem::path dir = host.add_app(app, "2.0");
    const std::string base = "." + ebin(app, "2.0") + "/";
    std::vector<TarEntry> data{
        {base + "plain.beam", read_file(dir / "ebin/plain.beam")},
        {base + app + ".app", "{application, " + app +
                                  ", [{vsn, \"2.0\"}, {modules, [plain]}, {applications, [" + needs +
                                  "]}]}.\n"}};
    if (policy.empty()) data.push_back({"./etc/erlrc.d/applications/" + app + ".d/" + app, ""});
    if (!appup.empty()) data.push_back({base + app + ".appup", appup});
    std::filesystem::remove_all(dir);
    return host.dir()
        .write(app + ".deb", deb({{"./erlrc", policy + member(app, "2.0")},
                                  {"./control", "Package: " + app + "\nVersion: 2.0\n" + control}},
                                 data))
        .string();
  }

  static std::string upgrade(const std::string& package, const std::string& file) {
    return package + " 1.0 all none < 2.0 all none " + file + "\n";
  }

  /// Runs the program with `input` as its whole input from APT.
  Ran given(const std::string& input) const {
    const auto file = host.dir().write("input", input);
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    const ScopedEnvironment descriptor("APT_HOOK_INFO_FD", std::to_string(fd.get()).c_str());
    return host.run(preflight_main, {});
  }
  Ran run(const std::string& actions, const std::string& config = "") const {
    return given("VERSION 3\nDir=/\nDir::State::status=" + (host.dir() / "dpkg/status").string() + "\n" +
                 config + "\n" + actions);
  }

  Host host;
  ScopedEnvironment dpkg_root;
};

/// An APT on a host with one node, on which egerl 1.0 and eglib 1.0 run.
struct Node : Apt {
  explicit Node(Term end = test::done(), std::vector<Running> runs = {{"egerl", "1.0"}, {"eglib", "1.0"}})
      : node(good("n1")) {
    host.add("n1", node);
    play(node, observed(runs), std::move(end));
    installed("egerl");
    installed("eglib");
  }
  FakeNode node;
};

inline const std::string kHead = "erlrc: effect on running nodes:\n";
inline const std::string kRefuse = "Erlrc::Preflight=refuse\n";
inline const std::string kWayOut =
    " (option -o Erlrc::Preflight=report continues anyway, -o Erlrc::Hooks=off leaves all nodes alone)\n";
inline const std::string kHot = kHead +
                                "  application old new node how changed modules why\n"
                                "  egerl       1.0 2.0 n1   hot 1: plain\n";

}  // namespace erlrc::test
