// SPDX-License-Identifier: BSD-3-Clause
// A client with permanent load, for the demo and the package tests: it has connections to the service
// `egerl`, opens new ones all the time, and checks that no answer shows an older state than before.
//
//   erlrc_load_client PORT CONNECTIONS
//
// The answer to "count" is "count SERIAL REQUESTS TOTAL". SERIAL must stay the same within a connection and
// be new for a new one; REQUESTS must grow by one; TOTAL must be above every total received before the
// request was sent. SIGUSR1 prints the numbers so far, with the longest gap since the last print; SIGTERM or
// SIGINT ends: pending requests are answered, the connections closed, the numbers printed. The exit status is
// 0 if nothing failed or was lost.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds patience{60'000};  // longer without an answer: the connection counts as lost
constexpr milliseconds pause_between{5};  // between two requests of one connection

/// A request that got no answer because the connection was lost.
struct Lost : std::runtime_error {
  using runtime_error::runtime_error;
};

/// The numbers that all threads update.
struct Numbers {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> opened{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> highest_total{0};
  std::atomic<std::uint64_t> highest_serial{0};
  std::atomic<std::int64_t> gap_us{0};          // since the last print
  std::atomic<std::int64_t> longest_gap_us{0};  // of the whole run
  std::atomic<bool> stop{false};
  std::mutex complaints;
  int complained = 0;
};

template <typename T>
void raise_to(std::atomic<T>& highest, T value) {
  T seen = highest.load();
  while (seen < value && !highest.compare_exchange_weak(seen, value)) {
  }
}

void complain(Numbers& numbers, const std::string& what) {
  const std::lock_guard lock(numbers.complaints);
  if (numbers.complained++ < 5) std::fprintf(stderr, "load client: %s\n", what.c_str());
}

/// Sends a line over a socket and receives one.
class Connection {
public:
  explicit Connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval wait{.tv_sec = patience.count() / 1000, .tv_usec = 0};
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
      const std::string why = std::strerror(errno);
      ::close(fd_);
      throw Lost("connect: " + why);
    }
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(fd_); }

  std::string ask(std::string_view line) {
    const std::string out = std::string(line) + '\n';
    if (::send(fd_, out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size()))
      throw Lost(std::string("send: ") + std::strerror(errno));
    for (;;) {
      const auto end = buffer_.find('\n');
      if (end != std::string::npos) {
        std::string answer = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return answer;
      }
      std::array<char, 4096> in{};
      const ssize_t n = ::recv(fd_, in.data(), in.size(), 0);
      if (n == 0) throw Lost("closed by the service");
      if (n < 0 && errno == EAGAIN) throw Lost("no answer within 10 s");
      if (n < 0) throw Lost(std::string("receive: ") + std::strerror(errno));
      buffer_.append(in.data(), static_cast<std::size_t>(n));
    }
  }

private:
  int fd_;
  std::string buffer_;
};

struct Count {
  std::uint64_t serial = 0;
  std::uint64_t requests = 0;
  std::uint64_t total = 0;
};

std::optional<Count> parse_count(std::string_view answer) {
  Count count;
  if (!answer.starts_with("count ")) return std::nullopt;
  answer.remove_prefix(6);
  for (std::uint64_t* field : {&count.serial, &count.requests, &count.total}) {
    const auto [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), *field);
    if (error != std::errc{}) return std::nullopt;
    answer.remove_prefix(static_cast<std::size_t>(end - answer.data()));
    if (answer.starts_with(' ')) answer.remove_prefix(1);
  }
  return answer.empty() ? std::optional(count) : std::nullopt;
}

/// One connection from open to close, with what it knows about its state.
class Session {
public:
  Session(Numbers& numbers, std::uint16_t port)
      : numbers_(numbers), serial_floor_(numbers.highest_serial), line_(port) {
    ++numbers_.opened;
  }

  /// Sends one request and checks the answer. Throws Lost.
  void ask() {
    const std::uint64_t total_floor = numbers_.highest_total;
    ++numbers_.sent;
    const std::string answer = line_.ask("count");
    const auto now = Clock::now();
    const auto count = parse_count(answer);
    if (count && follows(*count, total_floor)) {
      ++numbers_.answered;
    } else {
      ++numbers_.failed;
      complain(numbers_, "got \"" + answer + "\" after serial " + std::to_string(last_.serial) +
                             ", requests " + std::to_string(last_.requests) + ", total " +
                             std::to_string(total_floor));
    }
    if (count) {
      last_ = *count;
      raise_to(numbers_.highest_total, count->total);
      raise_to(numbers_.highest_serial, count->serial);
    }
    const auto gap = std::chrono::duration_cast<microseconds>(now - last_answer_).count();
    raise_to<std::int64_t>(numbers_.gap_us, gap);
    raise_to<std::int64_t>(numbers_.longest_gap_us, gap);
    last_answer_ = now;
  }

private:
  [[nodiscard]] bool follows(const Count& now, std::uint64_t total_floor) const {
    const bool serial = last_.requests == 0 ? now.serial > serial_floor_ : now.serial == last_.serial;
    return serial && now.requests == last_.requests + 1 && now.total > total_floor;
  }

  Numbers& numbers_;
  std::uint64_t serial_floor_;
  Connection line_;
  Count last_;
  Clock::time_point last_answer_ = Clock::now();
};

/// Sends requests over one connection; `requests` 0: until the end, otherwise reconnects after that many.
void keep_asking(Numbers& numbers, std::uint16_t port, int requests) {
  while (!numbers.stop) {
    std::optional<Session> session;
    try {
      session.emplace(numbers, port);
      for (int i = 0; (requests == 0 || i < requests) && !numbers.stop; ++i) {
        session->ask();
        std::this_thread::sleep_for(pause_between);
      }
    } catch (const Lost& lost) {
      // A request that was sent and one that could not connect both count as failed; a connection is lost
      // only if it was open.
      ++(session ? numbers.lost : numbers.sent);
      ++numbers.failed;
      complain(numbers, lost.what());
      std::this_thread::sleep_for(milliseconds{50});
    }
  }
}

void print(Numbers& numbers) {
  std::printf(
      "{\"sent\":%ju,\"answered\":%ju,\"failed\":%ju,\"connections\":%ju,\"lost\":%ju,"
      "\"gap_ms\":%.1f,\"longest_gap_ms\":%.1f}\n",
      static_cast<std::uintmax_t>(numbers.sent), static_cast<std::uintmax_t>(numbers.answered),
      static_cast<std::uintmax_t>(numbers.failed), static_cast<std::uintmax_t>(numbers.opened),
      static_cast<std::uintmax_t>(numbers.lost), static_cast<double>(numbers.gap_us.exchange(0)) / 1000.0,
      static_cast<double>(numbers.longest_gap_us) / 1000.0);
  std::fflush(stdout);
}

int run(std::uint16_t port, int connections) {
  // Blocked before the threads start, so that only this one receives signals.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1})
    sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Numbers numbers;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < connections; ++i)
      threads.emplace_back(keep_asking, std::ref(numbers), port, 0);
    threads.emplace_back(keep_asking, std::ref(numbers), port, 3);
    for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGUSR1;)
      print(numbers);
    numbers.stop = true;
  }
  print(numbers);
  return numbers.failed == 0 && numbers.lost == 0 && numbers.answered > 0 ? 0 : 1;
}

std::optional<int> parse_number(std::string_view text, int highest) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > highest)
    return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = argc == 3 ? parse_number(argv[1], 65535) : std::nullopt;
  const auto connections = argc == 3 ? parse_number(argv[2], 1000) : std::nullopt;
  if (!port || !connections) {
    std::fprintf(stderr, "usage: erlrc_load_client PORT CONNECTIONS\n");
    return 2;
  }
  return run(static_cast<std::uint16_t>(*port), *connections);
}
