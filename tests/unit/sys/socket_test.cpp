// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/socket.hpp>

#include <netinet/in.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <thread>

#include <erlrc/base/error.hpp>

#include "catch.hpp"

using namespace erlrc;

namespace {

/// A listening socket on a free port of one loopback address.
class Listener {
public:
  explicit Listener(int family, in_addr_t v4_address = INADDR_LOOPBACK)
      : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(fd_);
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (family == AF_INET) {
      auto& v4 = reinterpret_cast<sockaddr_in&>(address);
      v4.sin_family = AF_INET;
      v4.sin_addr.s_addr = htonl(v4_address);
      size = sizeof v4;
    } else {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
      v6.sin6_family = AF_INET6;
      v6.sin6_addr = in6addr_loopback;
      size = sizeof v6;
    }
    REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_.get(), 5) == 0);
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);  // at the same offset in both
  }
  std::uint16_t port() const { return port_; }
  UniqueFd accept() const { return UniqueFd(::accept(fd_.get(), nullptr, nullptr)); }

private:
  UniqueFd fd_;
  std::uint16_t port_ = 0;
};

Deadline soon() {
  return after(milliseconds(60000));
}

/// A port without a listener.
std::uint16_t closed_port() {
  return Listener(AF_INET).port();
}

}  // namespace

TEST_CASE("a port of this host is found on 127.0.0.1 and on ::1") {
  const int family = GENERATE(AF_INET, AF_INET6);
  const Listener listener(family);
  const auto socket = connect_to_local_port(listener.port(), soon());
  REQUIRE(socket);
  const UniqueFd peer = listener.accept();
  socket->write_all("hello", soon());
  char buffer[5];
  REQUIRE(::recv(peer.get(), buffer, sizeof buffer, MSG_WAITALL) == 5);
  CHECK(BytesView(buffer, 5) == "hello");
  REQUIRE(::send(peer.get(), "world", 5, 0) == 5);
  CHECK(socket->read_some(soon()) == "world");
}

TEST_CASE("a port is found on any address of this host on which it is listened on") {
  const Listener listener(AF_INET, INADDR_LOOPBACK + 0x10000);  // 127.1.0.1
  const auto socket = connect_to_local_port(listener.port(), soon());
  REQUIRE(socket);
  CHECK(listener.accept());
}

TEST_CASE("the user of the other end is known once it is accepted, until it is closed") {
  const auto [family, address] = GENERATE(
      table<int, in_addr_t>({{AF_INET, INADDR_LOOPBACK}, {AF_INET6, 0}, {AF_INET, INADDR_LOOPBACK + 1}}));
  const Listener listener(family, address);
  const auto socket = connect_to_local_port(listener.port(), soon());
  REQUIRE(socket);
  CHECK_FALSE(socket->peer_owner());
  UniqueFd peer;
  // The user of the thread, which may differ from that of the process: only root can choose another one.
  const uid_t user = ::geteuid() == 0 ? 4711 : ::geteuid();
  std::thread([&] {
    ::setfsuid(user);
    peer = listener.accept();
  }).join();
  CHECK(socket->peer_owner() == user);
  peer = UniqueFd();
  CHECK_FALSE(socket->peer_owner());
}

TEST_CASE("a port without a listener is not an error") {
  CHECK(connect_to_local_port(closed_port(), soon()) == nullptr);
}

TEST_CASE("a read without an answer ends at its deadline, and the next one still works") {
  const Listener listener(AF_INET);
  const auto socket = connect_to_local_port(listener.port(), soon());
  const UniqueFd peer = listener.accept();
  const auto begin = std::chrono::steady_clock::now();
  CHECK_THROWS_AS(socket->read_some(after(milliseconds(50))), TimedOut);
  CHECK(std::chrono::steady_clock::now() - begin >= milliseconds(50));
  CHECK_THROWS_AS(socket->read_some(after(milliseconds(-1))), TimedOut);
  REQUIRE(::send(peer.get(), "late", 4, 0) == 4);
  CHECK(socket->read_some(soon()) == "late");
}

TEST_CASE("available bytes are read even after the deadline") {
  const Listener listener(AF_INET);
  const auto socket = connect_to_local_port(listener.port(), soon());
  const UniqueFd peer = listener.accept();
  REQUIRE(::send(peer.get(), "there", 5, 0) == 5);  // on loopback it has already arrived
  CHECK(socket->read_some(after(milliseconds(-1))) == "there");
}

TEST_CASE("a closed and a reset connection both read as no bytes") {
  const bool reset = GENERATE(false, true);
  const Listener listener(AF_INET);
  const auto socket = connect_to_local_port(listener.port(), soon());
  {
    const UniqueFd peer = listener.accept();
    const linger at_once{1, 0};
    if (reset) REQUIRE(::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
  }
  CHECK(socket->read_some(soon()).empty());
}

TEST_CASE("writing to a closed peer does not kill the process, and what the peer sent is still read") {
  const Listener listener(AF_INET);
  const auto socket = connect_to_local_port(listener.port(), soon());
  REQUIRE(::send(listener.accept().get(), "bye", 3, 0) == 3);
  for (int i = 0; i < 10; ++i) {
    CHECK_NOTHROW(socket->write_all(Bytes(100000, 'x'), soon()));
    if (i == 0) CHECK(socket->read_some(soon()) == "bye");
    std::this_thread::sleep_for(milliseconds(2));
  }
}

TEST_CASE("more data than the system buffers is written completely, and waits until the deadline at most") {
  const Listener listener(AF_INET);
  const auto socket = connect_to_local_port(listener.port(), soon());
  const UniqueFd peer = listener.accept();
  const Bytes large(20'000'000, 'x');
  CHECK_THROWS_AS(socket->write_all(large, after(milliseconds(50))), TimedOut);

  const auto fresh = connect_to_local_port(listener.port(), soon());
  const UniqueFd reader = listener.accept();
  std::size_t received = 0;
  std::thread thread([&] {
    std::vector<char> buffer(1 << 20);
    for (ssize_t count = 1; count > 0 && received < large.size(); received += static_cast<std::size_t>(count))
      count = ::recv(reader.get(), buffer.data(), buffer.size(), 0);
  });
  fresh->write_all(large, soon());
  thread.join();
  CHECK(received == large.size());
}

TEST_CASE("a signal does not disturb a wait") {
  const Listener listener(AF_INET);
  const auto socket = connect_to_local_port(listener.port(), soon());
  const UniqueFd peer = listener.accept();
  struct sigaction action {};
  action.sa_handler = [](int) {};
  struct sigaction before {};
  REQUIRE(::sigaction(SIGALRM, &action, &before) == 0);
  const itimerval often{{0, 5000}, {0, 5000}};
  REQUIRE(::setitimer(ITIMER_REAL, &often, nullptr) == 0);
  CHECK_THROWS_AS(socket->read_some(after(milliseconds(60))), TimedOut);
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}
