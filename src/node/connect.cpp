// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/connect.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <thread>

#include <erlrc/dist/epmd.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/network.hpp>
#include <erlrc/sys/parallel.hpp>
#include <erlrc/sys/process.hpp>

#include "dial.hpp"
#include "epmd_client.hpp"
#include "log_in.hpp"

namespace erlrc {
namespace {

/// How long a node may take between its process and its entry in epmd, when it starts and when it stops.
constexpr milliseconds settling_time{3000};
constexpr milliseconds settling_pause{50};

/// An epmd that has not listed its names by then is asked for each of them.
constexpr milliseconds listing_time{1000};

/// Nothing listens on the node's port. So the node is down, unless its process is found.
void expect_no_process(const NodeEntry& entry, const std::string& silent) {
  if (const auto pid = process_of(entry))
    throw Error(silent + ", but process " + std::to_string(*pid) + " runs as " + to_string(entry.name));
}

/// nullopt: epmd does not know the node, or there is neither an epmd nor the node.
std::optional<Registration> ask_or_miss_epmd(const NodeEntry& entry, Deadline until) {
  const auto answer = ask_epmd(entry, until);
  if (answer) return answer->registration;
  expect_no_process(entry, epmd_text(entry) + ": is not running");
  return std::nullopt;
}

/// A node that epmd does not know is down, or is just starting or stopping, or has lost its entry because
/// epmd was started again: that one keeps running code that is about to be replaced, so it must not
/// be skipped.
std::optional<Registration> find_registration(const NodeEntry& entry, Deadline until) {
  const Deadline settling = std::min(until, after(settling_time));
  for (;;) {
    if (auto found = ask_or_miss_epmd(entry, until)) return found;
    if (!process_of(entry)) return std::nullopt;
    if (left_until(settling) == milliseconds{0}) break;
    std::this_thread::sleep_for(settling_pause);
  }
  expect_no_process(entry, epmd_text(entry) + ": does not know the node");
  return std::nullopt;
}

std::unique_ptr<Rpc> connect_to_known_port(const NodeEntry& entry, std::uint16_t port, Deadline until,
                                           const ProgramCall* first) {
  return within("port " + std::to_string(port), [&]() -> std::unique_ptr<Rpc> {
    if (auto dialled = dial(entry, port, until))
      return log_in(entry, port, *std::move(dialled), until, first);
    expect_no_process(entry, "nothing is listening there");
    return nullptr;
  });
}

std::unique_ptr<Rpc> connect_to_registered(const NodeEntry& entry, const Registration& found, Deadline until,
                                           const ProgramCall* first) {
  return within("port " + std::to_string(found.port), [&] {
    if (found.highest_version < distribution_version) throw Error("the node is older than OTP 23");
    auto dialled = dial(entry, found.port, until);
    if (!dialled) throw Error("registered in epmd on this port, but nothing is listening");
    return log_in(entry, found.port, *std::move(dialled), until, first);
  });
}

/// How it went to try a port that epmd has listed.
struct Tried {
  std::unique_ptr<Rpc> rpc{};
  std::exception_ptr failure{};
};

Tried try_listed_port(const NodeEntry& entry, std::uint16_t port, Deadline until, const ProgramCall* first) {
  try {
    return {within("port " + std::to_string(port),
                   [&]() -> std::unique_ptr<Rpc> {
                     auto dialled = dial(entry, port, until);
                     return dialled ? log_in(entry, port, *std::move(dialled), until, first) : nullptr;
                   }),
            nullptr};
  } catch (const TimedOut&) {
    throw;
  } catch (const Error&) {
    return {nullptr, std::current_exception()};
  }
}

/// Null also if it cannot be known.
const std::uint16_t* listed_port(const NodeEntry& entry, const KnownPorts& known) {
  if (known.empty() || entry.network) return nullptr;
  const auto found = known.find({epmd_port_of(entry), entry.name.alive});
  return found == known.end() ? nullptr : &found->second;
}

/// The epmds that more than one of `entries` is registered with.
std::vector<std::uint16_t> shared_epmds(const std::vector<NodeEntry>& entries) {
  std::map<std::uint16_t, int> nodes;
  for (const NodeEntry& entry : entries)
    if (!entry.port && !entry.network) ++nodes[epmd_port_of(entry)];
  std::vector<std::uint16_t> shared;
  for (const auto& [port, count] : nodes)
    if (count > 1) shared.push_back(port);
  return shared;
}

std::string network_of(const NodeEntry& entry) {
  return entry.network ? network_file(*entry.network) : own_network;
}

/// Within the network of the node.
std::unique_ptr<Rpc> connect_here(const NodeEntry& entry, Deadline until, const KnownPorts& known,
                                  const ProgramCall* first) {
  if (entry.port) return connect_to_known_port(entry, *entry.port, until, first);
  const std::uint16_t* listed = listed_port(entry, known);
  Tried tried = listed ? try_listed_port(entry, *listed, until, first) : Tried{};
  if (tried.rpc) return std::move(tried.rpc);
  const auto found = find_registration(entry, until);
  if (!found) return nullptr;
  // The same would happen there again, but for a node that is too old to understand us.
  if (tried.failure && found->port == *listed && found->highest_version >= distribution_version)
    std::rethrow_exception(tried.failure);
  return connect_to_registered(entry, *found, until, first);
}

}  // namespace

std::optional<std::string> answers_as(const NodeEntry& entry, const std::string& node) {
  const std::string registered = to_string(entry.name);
  if (!entry.name.host || registered == node) return std::nullopt;
  return registered + " answers as " + node +
         ": register it again under this name, and `erlrc-node unregister " + registered + "`";
}

std::optional<pid_t> process_of(const NodeEntry& entry) {
  return find_node_process(
      entry.name.alive, entry.name.host.value_or(""), [&](uid_t user) { return may_run(entry, user); },
      network_of(entry));
}

std::optional<pid_t> process_with_our_root(const NodeEntry& entry) {
  return find_node_process_with_our_root(
      entry.name.alive, entry.name.host.value_or(""), [&](uid_t user) { return may_run(entry, user); },
      network_of(entry));
}

KnownPorts ask_for_ports(const std::vector<NodeEntry>& entries, Deadline until) {
  std::vector<std::uint16_t> epmds;
  try {
    epmds = shared_epmds(entries);
  } catch (const Error&) {  // of $ERL_EPMD_PORT; each node that needs it reports it
    return {};
  }
  std::vector<std::vector<EpmdName>> names(epmds.size());
  rethrow_first(for_each_parallel(epmds.size(), [&](std::size_t i) {
    names[i] = list_names(epmds[i], std::min(until, after(listing_time)));
  }));
  KnownPorts known;
  for (std::size_t i = 0; i < epmds.size(); ++i)
    for (EpmdName& name : names[i])
      known.insert_or_assign({epmds[i], std::move(name.alive)}, name.port);
  return known;
}

std::unique_ptr<Rpc> connect(const NodeEntry& entry, Deadline until, const KnownPorts& known,
                             const ProgramCall* first) {
  try {
    if (!entry.network) return connect_here(entry, until, known, first);
    // A network that is gone has no processes.
    if (!is_there(network_file(*entry.network))) return nullptr;
    std::unique_ptr<Rpc> rpc;
    in_network(*entry.network, [&] { rpc = connect_here(entry, until, known, first); });
    return rpc;
  } catch (const OtherSystem& error) {
    const std::string remark = protocol_remark(entry);
    if (remark.empty()) throw;
    throw OtherSystem(std::string(error.what()) + "; " + remark);
  } catch (const Error& error) {
    const std::string remark = protocol_remark(entry);
    if (remark.empty()) throw;
    throw Error(std::string(error.what()) + "; " + remark);
  }
}

}  // namespace erlrc
