// SPDX-License-Identifier: BSD-3-Clause
#include "fake_node.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/unique_fd.hpp>
#include <erlrc/term/etf.hpp>
#include <erlrc/term/match.hpp>

#include "fake_connection.hpp"
#include "fake_epmd.hpp"
#include "fake_listener.hpp"

namespace erlrc::test {

class FakeNode::Server {
public:
  explicit Server(FakeNodeOptions options)
      : options_(std::move(options)),
        epmd_(listen_as()),
        node_(listen_as(options_.listens_as)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw SystemError("fake node: eventfd", errno);
    if (options_.fault == Fault::epmd_absent) epmd_.fd = UniqueFd();
    if (options_.fault == Fault::port_closed) node_.fd = UniqueFd();
    thread_ = std::thread([this] { serve(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    stop_ = true;
    const std::uint64_t one = 1;
    if (::write(wake_.get(), &one, sizeof one) != sizeof one) std::terminate();
    thread_.join();
  }

  FakeNodeOptions options_;
  Listener epmd_;
  Listener node_;

  // Shared by the test's thread and ours.
  std::mutex mutex_;
  std::function<Script(const Call&)> on_start_;
  std::function<Script(const Term&)> on_message_;
  std::vector<Call> calls_;
  std::vector<std::string> questions_;
  std::vector<Term> messages_;
  std::vector<ClientLogin> logins_;
  std::atomic<int> ticks_ = 0;
  std::atomic<int> made_ = 0;
  std::atomic<int> open_ = 0;

private:
  void serve() {
    if (options_.user) ::setfsuid(*options_.user);
    while (!stop_) {
      wait();
      accept(epmd_.fd, true);
      accept(node_.fd, false);
      for (Connection& connection : connections_)
        attend(connection);
      connections_.remove_if([](const Connection& connection) { return connection.failed; });
      open_ = static_cast<int>(std::ranges::count(connections_, false, &Connection::to_epmd));
    }
  }

  /// Waits until something can be read or written, or is due.
  void wait() {
    std::vector<pollfd> all{{wake_.get(), POLLIN, 0}};
    if (epmd_.fd) all.push_back({epmd_.fd.get(), POLLIN, 0});
    if (node_.fd) all.push_back({node_.fd.get(), POLLIN, 0});
    std::optional<Clock::time_point> due;
    const auto wants = [&](Clock::time_point at) { due = due ? std::min(*due, at) : at; };
    for (const Connection& connection : connections_) {
      const bool writes = !connection.output.empty();
      all.push_back({connection.fd.get(), static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), 0});
      if (!connection.pending.empty()) wants(connection.pending.front().at);
      if (connection.next_tick) wants(*connection.next_tick);
      if (!connection.flood.empty() && !writes) wants(Clock::now());
    }
    ::poll(all.data(), all.size(), due ? static_cast<int>(left_until(*due).count()) : -1);
  }

  void accept(const UniqueFd& listener, bool to_epmd) {
    if (!listener) return;
    for (;;) {
      UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd) return;
      Connection& connection = connections_.emplace_back();
      connection.fd = std::move(fd);
      connection.to_epmd = to_epmd;
      ServerLogin login;
      login.name = options_.name;
      login.cookie = options_.cookie;
      if (options_.challenge) login.challenge = *options_.challenge;
      login.client_name = "C" + std::to_string(made_) + "@localhost";
      login.old_challenge = options_.fault == Fault::old_challenge;
      login.wrong_proof = options_.fault == Fault::wrong_proof;
      if (options_.fault == Fault::not_allowed) login.status = "not_allowed";
      connection.handshake = ServerHandshake(login);
      if (!to_epmd) ++made_;
    }
  }

  void attend(Connection& connection) {
    try {
      read(connection);
      execute(connection);
      test::write(connection);
    } catch (const Error&) {
      connection.failed = true;  // the client broke the protocol or closed: the test sees what is missing
    }
  }

  void read(Connection& connection) {
    char buffer[16384];
    for (;;) {
      const ssize_t count = ::recv(connection.fd.get(), buffer, sizeof buffer, 0);
      if (count > 0) {
        take(connection, BytesView(buffer, static_cast<std::size_t>(count)));
      } else {
        if (count == 0 || (errno != EAGAIN && errno != EINTR)) connection.failed = true;
        return;
      }
    }
  }

  void take(Connection& connection, BytesView bytes) {
    if (connection.to_epmd) {
      take_question(connection, bytes);
    } else if (connection.logged_in) {
      connection.link.receive(bytes);
      take_traffic(connection);
    } else {
      take_login(connection, bytes);
      if (connection.logged_in) take_traffic(connection);
    }
  }

  void take_question(Connection& connection, BytesView bytes) {
    connection.epmd.receive(bytes);
    const auto name = connection.epmd.next();
    if (!name) return;
    {
      const std::lock_guard lock(mutex_);
      questions_.push_back(*name);
    }
    const auto answer = answer_of_epmd(options_, *name, epmd_.port, node_.port);
    if (!answer) return;
    connection.output += *answer;
    connection.closing = true;
  }

  void take_login(Connection& connection, BytesView bytes) {
    switch (options_.fault) {
      case Fault::silent:
        return;
      case Fault::garbage:
        connection.output += other_protocol;
        return;
      case Fault::closes_at_once:
        connection.closing = true;
        return;
      default:
        break;
    }
    connection.handshake.receive(bytes);
    const auto login = connection.handshake.next();
    Bytes out = connection.handshake.take_output();
    if (options_.fault == Fault::closes_in_handshake) {
      out.resize(out.size() - 8);
      connection.closing = true;
    }
    if (!login || options_.fault != Fault::no_proof) connection.output += out;
    if (!login) return;
    {
      const std::lock_guard lock(mutex_);
      logins_.push_back(*login);
    }
    if (options_.fault == Fault::no_proof) return;
    connection.logged_in = login->knows_cookie;
    connection.closing = !login->knows_cookie;
    if (!connection.logged_in) return;
    connection.link = ServerLink(connection.handshake.take_rest());
    if (options_.fault == Fault::ticks_only) connection.next_tick = Clock::now();
  }

  void take_traffic(Connection& connection) {
    while (const auto event = connection.link.next()) {
      std::visit(Overload{
                     [&](const Started& started) { start(connection, started); },
                     [&](const Sent& sent) { deliver(connection, sent); },
                     [&](const Ticked&) { ++ticks_; },
                 },
                 *event);
    }
  }

  void start(Connection& connection, const Started& started) {
    connection.started = started;
    ++connection.programs;
    const Call call{started.forms, started.functions, started.argument};
    Script script{Exit{Atom{"no_script"}}};
    if (is_call_of(call, files_program())) {
      script = {Say{files_seen(call.argument)}, Exit{}};
    } else {
      const std::lock_guard lock(mutex_);
      calls_.push_back(call);
      if (on_start_) script = on_start_(call);
    }
    if (options_.fault == Fault::garbage_after_login) connection.output += other_protocol;
    if (options_.fault == Fault::closes_at_start) connection.closing = true;
    const bool spoilt = options_.fault == Fault::garbage_after_login ||
                        options_.fault == Fault::closes_at_start || options_.fault == Fault::ticks_only;
    if (spoilt) return;
    const auto* refusal = script.empty() ? nullptr : std::get_if<RefuseSpawn>(&script.front());
    connection.link.send(spawn_reply(started, refusal ? Term(refusal->reason) : Term(connection.process())));
    schedule(connection, script);
  }

  /// The answer of src/erlang/erlrc_files.erl.
  Term files_seen(const Term& paths) const {
    std::vector<Term> seen;
    for (const Term& path : *as_list(paths)) {
      const auto own = file_identity(as_binary(path)->bytes);
      if (!own || as_binary(path)->bytes == options_.hidden) {
        seen.push_back(Atom{"enoent"});
        continue;
      }
      const auto inode = static_cast<std::int64_t>(own->inode) + (options_.sees_our_files ? 0 : 1);
      seen.push_back(tuple(static_cast<std::int64_t>(own->device), inode));
    }
    return list(std::move(seen));
  }

  void deliver(Connection& connection, const Sent& sent) {
    if (!connection.started || sent.to != connection.process() || sent.reference != connection.started->id)
      throw ProtocolError("the client sends to another process than its program's");
    Script script;
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(sent.message);
      if (on_message_) script = on_message_(sent.message);
    }
    schedule(connection, script);
  }

  UniqueFd wake_;
  std::atomic<bool> stop_ = false;
  std::list<Connection> connections_;
  std::thread thread_;
};

bool is_call_of(const Call& call, const Program& program) {
  return call.forms == encode_term(decode_term('\x83' + Bytes(program.forms))).substr(1) &&
         call.functions == (program.functions.empty()
                                ? Bytes()
                                : encode_term(decode_term('\x83' + Bytes(program.functions))).substr(1));
}

FakeNode::FakeNode(FakeNodeOptions options) : server_(std::make_unique<Server>(std::move(options))) {}

FakeNode::~FakeNode() = default;

NodeEntry FakeNode::entry() const {
  NodeName name = parse_node_name(server_->options_.name);
  name.host.reset();
  return {std::move(name), Cookie(server_->options_.cookie), std::nullopt, epmd_port(), ::geteuid()};
}

std::uint16_t FakeNode::port() const {
  return server_->node_.port;
}

std::uint16_t FakeNode::epmd_port() const {
  return server_->epmd_.port;
}

void FakeNode::on_start(std::function<Script(const Call&)> script) {
  const std::lock_guard lock(server_->mutex_);
  server_->on_start_ = std::move(script);
}

void FakeNode::on_message(std::function<Script(const Term&)> script) {
  const std::lock_guard lock(server_->mutex_);
  server_->on_message_ = std::move(script);
}

void FakeNode::answer(std::vector<Term> messages) {
  on_start([messages = std::move(messages), next = std::size_t{0}](const Call&) mutable {
    const std::size_t index = std::min(next++, messages.size() - 1);
    return Script{Say{messages[index]}, Exit{}};
  });
}

std::vector<Call> FakeNode::calls() const {
  const std::lock_guard lock(server_->mutex_);
  return server_->calls_;
}

std::vector<std::string> FakeNode::questions() const {
  const std::lock_guard lock(server_->mutex_);
  return server_->questions_;
}

std::vector<Term> FakeNode::messages() const {
  const std::lock_guard lock(server_->mutex_);
  return server_->messages_;
}

std::vector<ClientLogin> FakeNode::logins() const {
  const std::lock_guard lock(server_->mutex_);
  return server_->logins_;
}

int FakeNode::ticks_answered() const {
  return server_->ticks_;
}

int FakeNode::connections() const {
  return server_->made_;
}

int FakeNode::open_connections() const {
  return server_->open_;
}

}  // namespace erlrc::test
