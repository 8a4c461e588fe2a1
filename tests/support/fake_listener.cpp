// SPDX-License-Identifier: BSD-3-Clause
#include "fake_listener.hpp"

#include <netinet/in.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include <erlrc/base/error.hpp>

namespace erlrc::test {

namespace {

Listener listen_on_loopback() {
  Listener made{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), 0};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!made.fd || ::bind(made.fd.get(), generic, size) != 0 || ::listen(made.fd.get(), 100) != 0 ||
      ::getsockname(made.fd.get(), generic, &size) != 0)
    throw SystemError("fake node: listen", errno);
  made.port = ntohs(address.sin_port);
  return made;
}

}  // namespace

Listener listen_as(std::optional<std::uint32_t> user) {
  if (user) ::setfsuid(*user);
  Listener made = listen_on_loopback();
  if (user) ::setfsuid(::geteuid());
  return made;
}

}  // namespace erlrc::test
