// SPDX-License-Identifier: BSD-3-Clause
#include "dial.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/sys/socket.hpp>

namespace erlrc {
namespace {

/// The protocols of OTP's own, and whether they are TLS.
constexpr std::array<std::pair<std::string_view, bool>, 4> known_protocols{
    {{"inet_tcp", false}, {"inet6_tcp", false}, {"inet_tls", true}, {"inet6_tls", true}}};

/// Where the helper program is if this one is in its directory `bin`.
std::string installed_libexec() {
  const std::filesystem::path program = own_program().value_or("/usr/bin/erlrc-start");
  return (program.parent_path().parent_path() / "libexec/erlrc").string();
}

std::vector<std::string> helper_arguments(const TlsSettings& tls, const NodeName& node) {
  const std::string directory = environment("ERLRC_LIBEXEC").value_or(installed_libexec());
  const std::string name = tls.name.empty() ? node.host.value_or("") : tls.name;
  return {directory + "/erlrc-tls", tls.ca_file, name, tls.certificate_file, tls.key_file};
}

/// The last value of -proto_dist among the arguments of an emulator; empty: none.
std::string protocol_in(const std::vector<std::string>& arguments) {
  std::string found;
  for (std::size_t i = 1; i + 1 < arguments.size() && arguments[i] != "-extra"; ++i)
    if (arguments[i] == "-proto_dist") found = arguments[i + 1];
  return found;
}

std::string protocol_of(const NodeEntry& entry) {
  try {
    const auto pid = process_of(entry);
    return pid ? protocol_in(process_arguments(*pid)) : "";
  } catch (const Error&) {
    return "";
  }
}

}  // namespace

std::optional<Dialled> dial(const NodeEntry& entry, std::uint16_t port, Deadline until) {
  auto socket = connect_to_local_port(port, until, entry.address);
  if (!socket) return std::nullopt;
  Dialled made;
  made.listener_owner = socket->listener_owner();
  const auto counts = [&](std::uint32_t user) { return may_run(entry, user); };
  // A node need not listen on all addresses, and then anyone can take its port on another one.
  if (made.listener_owner && !counts(*made.listener_owner) && !entry.address)
    if (auto other = connect_to_listener_of(counts, port, until)) {
      socket = std::move(other);
      made.listener_owner = socket->listener_owner();
    }
  const Socket* network = socket.get();
  made.peer_owner = [network] { return network->peer_owner(); };
  if (entry.tls) {
    made.stream = std::make_unique<TlsStream>(std::move(socket), helper_arguments(*entry.tls, entry.name));
  } else {
    made.stream = std::move(socket);
  }
  return made;
}

std::string protocol_remark(const NodeEntry& entry) {
  std::string protocol = protocol_of(entry);
  if (protocol.empty()) protocol = entry.tls ? "inet_tcp" : "";
  if (protocol.empty()) return "";
  const auto known = std::ranges::find(known_protocols, std::string_view(protocol),
                                       &std::pair<std::string_view, bool>::first);
  if (known == known_protocols.end())
    return "the node was started with -proto_dist " + printable(protocol) + ", which erlrc cannot speak";
  if (known->second && !entry.tls) return "the node speaks TLS: set proto = tls in its entry";
  if (!known->second && entry.tls && process_of(entry))
    return "the node does not speak TLS: remove proto = tls from its entry";
  return "";
}

}  // namespace erlrc
