// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/connect.hpp>

#include <algorithm>
#include <charconv>
#include <string>

#include <erlrc/dist/epmd.hpp>
#include <erlrc/dist/handshake.hpp>
#include <erlrc/node/dist_rpc.hpp>
#include <erlrc/node/pump.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/sys/random.hpp>
#include <erlrc/sys/side_by_side.hpp>
#include <erlrc/sys/socket.hpp>

namespace erlrc {
namespace {

/// How long a node may take between its process and its entry in epmd, when it starts and when it stops.
constexpr milliseconds settling_time{3000};
constexpr milliseconds settling_pause{50};

std::uint16_t epmd_port_of(const NodeEntry& entry) {
  if (entry.epmd_port) return *entry.epmd_port;
  const auto given = environment("ERL_EPMD_PORT");
  if (!given) return default_epmd_port;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), port);
  if (error != std::errc{} || end != given->data() + given->size() || port == 0)
    throw Error("ERL_EPMD_PORT: " + printable(*given) + " is no port number");
  return port;
}

/// Nobody listens where the node is to be found. That means that it is down, unless its process is seen.
void expect_no_process(const NodeName& name, const std::string& silent) {
  if (const auto pid = find_node_process(name.alive, name.host.value_or("")))
    throw Error(silent + ", but process " + std::to_string(*pid) + " runs as " + to_string(name));
}

/// nullopt: epmd does not know the node, or there is neither an epmd nor the node.
std::optional<Registration> ask_epmd(const NodeEntry& entry, Deadline until) {
  const std::uint16_t port = epmd_port_of(entry);
  const std::string epmd = "epmd at port " + std::to_string(port);
  return within(epmd, [&]() -> std::optional<Registration> {
    const auto stream = connect_to_local_port(port, until);
    if (!stream) {
      expect_no_process(entry.name, "is not running");
      return std::nullopt;
    }
    EpmdQuery query(entry.name.alive);
    return pump(query, *stream, until).registration;
  });
}

/// A node that epmd does not know is down, or is just starting or stopping, or has lost its entry because
/// epmd was started again: that one goes on running code that is about to be replaced, so it must not be
/// passed over.
std::optional<Registration> find_registration(const NodeEntry& entry, Deadline until) {
  const Deadline settled = std::min(until, after(settling_time));
  for (;;) {
    if (auto found = ask_epmd(entry, until)) return found;
    if (!find_node_process(entry.name.alive, entry.name.host.value_or(""))) return std::nullopt;
    if (left_until(settled) == milliseconds{0}) break;
    pause(settling_pause);
  }
  expect_no_process(entry.name,
                    "epmd at port " + std::to_string(epmd_port_of(entry)) + ": does not know the node");
  return std::nullopt;
}

std::unique_ptr<Rpc> log_in(const NodeEntry& entry, std::unique_ptr<ByteStream> stream, Deadline until) {
  Handshake handshake({entry.name, entry.cookie, random_number()});
  Peer peer = pump(handshake, *stream, until);
  return std::make_unique<DistRpc>(std::move(stream), std::move(peer), handshake.take_rest(), until);
}

std::unique_ptr<Rpc> connect_to_known_port(const NodeEntry& entry, std::uint16_t port, Deadline until) {
  return within("port " + std::to_string(port), [&]() -> std::unique_ptr<Rpc> {
    auto stream = connect_to_local_port(port, until);
    if (stream) return log_in(entry, std::move(stream), until);
    expect_no_process(entry.name, "nobody listens there");
    return nullptr;
  });
}

std::unique_ptr<Rpc> connect_to_registered(const NodeEntry& entry, const Registration& found,
                                           Deadline until) {
  return within("port " + std::to_string(found.port), [&] {
    if (found.highest_version < distribution_version) throw Error("the node is older than OTP 23");
    auto stream = connect_to_local_port(found.port, until);
    if (!stream) throw Error("epmd knows the node there, but nobody listens");
    return log_in(entry, std::move(stream), until);
  });
}

}  // namespace

std::unique_ptr<Rpc> connect(const NodeEntry& entry, Deadline until) {
  if (entry.port) return connect_to_known_port(entry, *entry.port, until);
  const auto found = find_registration(entry, until);
  return found ? connect_to_registered(entry, *found, until) : nullptr;
}

}  // namespace erlrc
