// SPDX-License-Identifier: BSD-3-Clause
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include <erlrc/sys/file.hpp>
#include <erlrc/sys/unique_fd.hpp>

#include "catch.hpp"
#include "live_node.hpp"
#include "paths.hpp"

// Tests the messages of a node to systemd, which waits for it at a socket (sd_notify(3)).

using namespace erlrc;
using namespace erlrc::test;

namespace {

/// The socket where systemd would wait.
class Supervisor {
public:
  /// `abstract`: not in the file system; systemd writes such names with an @.
  explicit Supervisor(bool abstract)
      : name_((abstract ? "@" : "") + (dir_ / "notify").string()),
        fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (abstract) address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
      throw std::runtime_error("cannot bind " + name_);
  }

  const std::string& name() const { return name_; }

  /// The next message, if it has arrived.
  std::string heard() const {
    char buffer[1000];
    const ssize_t size = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(buffer, static_cast<std::size_t>(size));
  }

private:
  TempDir dir_;
  std::string name_;
  UniqueFd fd_;
};

/// Runs a node until it ends by itself after erlrc_notify:booted(`texts`), or `runs_ms` later; returns its
/// output.
std::string boot(const std::string& texts, std::vector<std::string> environment, int runs_ms = 1000) {
  const TempDir dir;
  if (std::system(
          ("erlc -o " + dir.path().string() + " " + in_source("src/erlang/boot/erlrc_notify.erl")).c_str()) !=
      0)
    throw std::runtime_error("erlc failed");
  environment.push_back("HOME=" + dir.path().string());
  const std::string expression = "erlrc_notify:booted(" + texts +
                                 "), io:put_chars(\"continued\"), timer:sleep(" + std::to_string(runs_ms) +
                                 "), "
                                 "io:put_chars(\" to the end\"), init:stop().";
  Child node({"erl", "-noinput", "-pa", dir.path(), "-eval", expression}, environment, dir / "log");
  node.ends();
  return read_file(dir / "log");
}

}  // namespace

TEST_CASE("a node whose applications all run is ready") {
  const Supervisor systemd(GENERATE(false, true));
  CHECK(boot("[]", {"NOTIFY_SOCKET=" + systemd.name()}) == "continued to the end");
  CHECK(systemd.heard() == "READY=1\nSTATUS=2 applications run");
  CHECK(systemd.heard() == "nothing");
}

TEST_CASE("a node that lacks an application is not ready, reports why and ends") {
  const Supervisor systemd(false);
  const std::string printed =
      boot("[<<\"a needs\\nb\">>, \"c\"]", {"NOTIFY_SOCKET=" + systemd.name()}, 300000);
  CHECK(printed.find("continued to the end") == std::string::npos);
  CHECK(systemd.heard() == "STATUS=not started: a needs b (and 1 more)");
  CHECK(systemd.heard() == "nothing");
}

TEST_CASE("a node that may lack an application is ready with the others") {
  const Supervisor systemd(false);
  CHECK(boot("[\"a\"]", {"NOTIFY_SOCKET=" + systemd.name(), "ERLRC_READY=some"}) == "continued to the end");
  CHECK(systemd.heard() == "READY=1\nSTATUS=not started: a");
}

TEST_CASE("a node without systemd keeps running") {
  CHECK(boot("[\"a\"]", {}) == "continued to the end");
  const std::string printed = boot("[]", {"NOTIFY_SOCKET=/nowhere/at/all"});
  CHECK(printed.find("systemd cannot be notified: enoent") != std::string::npos);
  CHECK(printed.find("to the end") != std::string::npos);
}
