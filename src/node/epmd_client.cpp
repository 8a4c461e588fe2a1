// SPDX-License-Identifier: BSD-3-Clause
#include "epmd_client.hpp"

#include <cstddef>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/node/pump.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/socket.hpp>

namespace erlrc {
namespace {

/// Each has a port of its own.
constexpr std::size_t most_names = 65535;

}  // namespace

std::uint16_t epmd_port_of(const NodeEntry& entry) {
  if (entry.epmd_port) return *entry.epmd_port;
  const auto given = environment("ERL_EPMD_PORT");
  if (!given) return default_epmd_port;
  const auto port = parse_port(*given);
  if (!port) throw Error("ERL_EPMD_PORT: expected a number from 1 to 65535, got " + printable(*given));
  return *port;
}

std::string epmd_text(const NodeEntry& entry) {
  return "epmd at port " + std::to_string(epmd_port_of(entry));
}

std::optional<EpmdAnswer> ask_epmd(const NodeEntry& entry, Deadline until) {
  return within(epmd_text(entry), [&]() -> std::optional<EpmdAnswer> {
    const auto stream = connect_to_local_port(epmd_port_of(entry), until);
    if (!stream) return std::nullopt;
    EpmdQuery query(entry.name.alive);
    return pump(query, *stream, until);
  });
}

std::vector<EpmdName> list_names(std::uint16_t epmd_port, Deadline until) {
  std::vector<EpmdName> names;
  try {
    const auto stream = connect_to_local_port(epmd_port, until);
    if (!stream) return {};
    EpmdNames list;
    for (;;) {
      EpmdName name = pump(list, *stream, until);
      if (name.alive.empty()) return names;
      names.push_back(std::move(name));
      if (names.size() > most_names || left_until(until) == milliseconds{0}) return {};
    }
  } catch (const Error&) {
    return {};
  }
}

}  // namespace erlrc
