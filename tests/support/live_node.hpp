// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/node/rpc.hpp>
#include <erlrc/site/registry.hpp>

#include "temp_dir.hpp"

// Real Erlang nodes for tests, started with `erl` from PATH and ended with the test, even if that crashes.
// They and their epmd listen on loopback only.

namespace erlrc::test {

/// A port that has no listener now.
std::uint16_t free_port();

/// A child process that is killed with its owner.
class Child {
public:
  Child() = default;
  /// Runs `arguments` (the first is looked up in PATH) with these `NAME=value` added to its environment;
  /// its output goes to `log`.
  Child(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
        const std::filesystem::path& log);
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~Child() { kill(); }

  pid_t pid() const { return pid_; }
  bool runs();
  /// Waits for its end; returns the exit status, or -1 if a signal ended it.
  int ends();
  /// Kills it if it runs, and waits for its end.
  void kill();
  /// Sends a signal; after SIGSTOP, waits until it has stopped.
  void signal(int number) const;

private:
  pid_t pid_ = 0;
};

/// A separate epmd for the test. Any number of tests can have their own at the same time.
class LiveEpmd {
public:
  LiveEpmd();

  std::uint16_t port() const { return port_; }
  void kill() { child_.kill(); }

private:
  TempDir dir_;
  std::uint16_t port_;
  Child child_;
};

struct LiveNodeOptions {
  std::string alive = {};  ///< empty: a name that no other test uses
  std::string host = {};   ///< empty: a short name (-sname); otherwise a long one (-name) with this host
  std::string cookie = "live_secret";         ///< in .erlang.cookie in the node's home directory
  bool ipv6 = false;                          ///< listens on ::1, by -proto_dist inet6_tcp
  std::string interface = "{127,0,0,1}";      ///< the address on which it listens otherwise
  std::vector<std::string> arguments = {};    ///< further arguments of erl
  std::vector<std::string> environment = {};  ///< further NAME=value
  std::vector<std::string> before = {};       ///< a command that runs erl
};

/// A running node. The constructor returns when the node reports that it has started, and throws
/// std::runtime_error with its output if it does not start within a minute.
class LiveNode {
public:
  explicit LiveNode(const LiveEpmd& epmd, LiveNodeOptions options = {});
  /// A node that is looked up only at this epmd port, where no epmd runs, or one that does not know it.
  explicit LiveNode(std::uint16_t epmd_port, LiveNodeOptions options = {});

  /// The name without its host, unique among the tests that run.
  const std::string& alive() const { return alive_; }
  /// How a client reaches it: name without host, cookie, port of its epmd.
  NodeEntry entry() const;
  pid_t pid() const { return child_.pid(); }
  /// A node of another release runs in a root directory of its own (scripts/with-otp).
  bool has_our_root() const;
  bool runs() { return child_.runs(); }
  /// Sends SIGKILL and waits for the end.
  void kill() { child_.kill(); }
  void signal(int number) const { child_.signal(number); }

  /// The node's home directory, where tests may put files for the node.
  const TempDir& home() const { return *home_; }
  /// Its output so far.
  std::string log() const;

  /// Evaluates an expression sequence (with its final full stop) on the node, over a separate connection.
  Term evaluate(std::string_view expressions) const;

  /// The OTP release of the node, as a number.
  int otp_release() const;

private:
  void start(LiveNodeOptions options);

  std::unique_ptr<TempDir> home_ = std::make_unique<TempDir>();
  std::uint16_t epmd_port_;
  std::string alive_;
  std::string cookie_;
  Child child_;
};

}  // namespace erlrc::test
