// SPDX-License-Identifier: BSD-3-Clause
#include "fake_connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <variant>

namespace erlrc::test {

namespace {

/// About 64 kB that no client waits for.
Bytes flood_of(const Connection& connection, Flood::Of of) {
  constexpr std::size_t size = 65536;
  const Started& started = *connection.started;
  Started older = started;
  older.id.ids.front() += 1000;
  const Bytes one = of == Flood::Of::ticks      ? Bytes(4, '\0')
                    : of == Flood::Of::monitors ? wire(monitors(connection.process(), started))
                                                : wire(program_message(older, Atom{"flood"}));
  Bytes all;
  while (all.size() < size)
    all += one;
  return all;
}

void execute(Connection& connection, const Action& action) {
  const Started& started = *connection.started;
  std::visit(
      Overload{
          [&](const Say& say) { connection.link.send(program_message(started, say.message)); },
          [&](const SayAsOlder& say) {
            Started older = started;
            older.id.ids.front() += 1000;
            connection.link.send(program_message(older, say.message));
          },
          [&](const Exit& exit) { connection.link.send(exits(started, connection.process(), exit.reason)); },
          [&](const Tick&) { connection.link.tick(); },
          [&](const CloseConnection&) { connection.closing = true; },
          [&](const Flood& flood) { connection.flood = flood_of(connection, flood.of); },
          [](const Wait&) {},
          [](const RefuseSpawn&) {},
      },
      action);
}

}  // namespace

void schedule(Connection& connection, const Script& script) {
  Clock::time_point at = connection.pending.empty() ? Clock::now() : connection.pending.back().at;
  for (const Action& action : script) {
    if (const auto* wait = std::get_if<Wait>(&action)) at += wait->time;
    connection.pending.push_back({at, action});
  }
}

void execute(Connection& connection) {
  const auto now = Clock::now();
  while (!connection.pending.empty() && connection.pending.front().at <= now) {
    execute(connection, connection.pending.front().action);
    connection.pending.pop_front();
  }
  if (connection.next_tick && *connection.next_tick <= now) {
    connection.link.tick();
    connection.next_tick = now + milliseconds(10);
  }
  connection.output += connection.link.take_output();
  if (connection.output.empty()) connection.output = connection.flood;
}

void write(Connection& connection) {
  while (!connection.output.empty()) {
    const ssize_t count =
        ::send(connection.fd.get(), connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) {
      connection.failed = true;
      return;
    }
    connection.output.erase(0, static_cast<std::size_t>(count));
  }
  if (connection.closing) connection.failed = true;
}

}  // namespace erlrc::test
