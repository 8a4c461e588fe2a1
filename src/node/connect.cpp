// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/node/connect.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include <erlrc/base/text.hpp>
#include <erlrc/dist/epmd.hpp>
#include <erlrc/node/dist_rpc.hpp>
#include <erlrc/node/pump.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/parallel.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/sys/random.hpp>
#include <erlrc/sys/socket.hpp>
#include <erlrc/sys/socket_table.hpp>
#include <erlrc/sys/user.hpp>

namespace erlrc {
namespace {

/// How long a node may take between its process and its entry in epmd, when it starts and when it stops.
constexpr milliseconds settling_time{3000};
constexpr milliseconds settling_pause{50};

/// An epmd that has not listed its names by then is asked for each of them.
constexpr milliseconds listing_time{1000};

/// Each has a port of its own.
constexpr std::size_t most_names = 65535;

std::uint16_t epmd_port_of(const NodeEntry& entry) {
  if (entry.epmd_port) return *entry.epmd_port;
  const auto given = environment("ERL_EPMD_PORT");
  if (!given) return default_epmd_port;
  const auto port = parse_port(*given);
  if (!port) throw Error("ERL_EPMD_PORT: expected a number from 1 to 65535, got " + printable(*given));
  return *port;
}

/// Nothing listens on the node's port. So the node is down, unless its process is found.
void expect_no_process(const NodeEntry& entry, const std::string& silent) {
  if (const auto pid = process_of(entry))
    throw Error(silent + ", but process " + std::to_string(*pid) + " runs as " + to_string(entry.name));
}

/// nullopt: epmd does not know the node, or there is neither an epmd nor the node.
std::optional<Registration> ask_epmd(const NodeEntry& entry, Deadline until) {
  const std::uint16_t port = epmd_port_of(entry);
  const std::string epmd = "epmd at port " + std::to_string(port);
  return within(epmd, [&]() -> std::optional<Registration> {
    const auto stream = connect_to_local_port(port, until);
    if (!stream) {
      expect_no_process(entry, "is not running");
      return std::nullopt;
    }
    EpmdQuery query(entry.name.alive);
    return pump(query, *stream, until).registration;
  });
}

/// A node that epmd does not know is down, or is just starting or stopping, or has lost its entry because
/// epmd was started again: that one keeps running code that is about to be replaced, so it must not
/// be skipped.
std::optional<Registration> find_registration(const NodeEntry& entry, Deadline until) {
  const Deadline settling = std::min(until, after(settling_time));
  for (;;) {
    if (auto found = ask_epmd(entry, until)) return found;
    if (!process_of(entry)) return std::nullopt;
    if (left_until(settling) == milliseconds{0}) break;
    std::this_thread::sleep_for(settling_pause);
  }
  expect_no_process(entry,
                    "epmd at port " + std::to_string(epmd_port_of(entry)) + ": does not know the node");
  return std::nullopt;
}

/// Which users may run the node, for a message.
std::string users_of(const NodeEntry& entry) {
  std::string users = "root";
  const std::set<uid_t> others{entry.cookie_owner, entry.user.value_or(0)};
  for (const uid_t user : others)
    if (user != 0) users += " or " + user_name(user);
  return users;
}

/// A name in epmd or a port belongs to the process that took it first, and that must not have our digest of a
/// challenge of its choice: it could pass for us at the node itself.
void expect_owner(const NodeEntry& entry, const Socket& socket) {
  const auto owner = socket.peer_owner();
  if (!owner) throw ProtocolError("closes the connection in the middle of the handshake");
  if (may_run(entry, *owner)) return;
  throw Error("belongs to user " + user_name(*owner) + ", expected " + users_of(entry) +
              "; see user in erlrc-node(8)");
}

/// The challenges of this process. A peer that sends one of them has it from a connection to another name and
/// would use our digest there.
class OwnChallenges {
public:
  std::uint32_t make() {
    const std::scoped_lock lock(mutex_);
    const std::uint32_t challenge = random_number();
    all_.insert(challenge);
    return challenge;
  }
  void refuse(std::uint32_t challenge) {
    const std::scoped_lock lock(mutex_);
    if (all_.contains(challenge)) throw ProtocolError("sends our own challenge: it is an impostor");
  }

private:
  std::mutex mutex_;
  std::set<std::uint32_t> all_;
};

OwnChallenges& own_challenges() {
  static OwnChallenges challenges;
  return challenges;
}

/// Any user can take a name in epmd. While a process of our system runs as the node, it is not of another one.
bool is_served_by_other_system(const NodeEntry& entry, std::uint16_t port) {
  const auto may = [&](uid_t user) { return may_run(entry, user); };
  if (find_node_process_with_our_root(entry.name.alive, entry.name.host.value_or(""), may)) return false;
  std::vector<std::uint64_t> inodes;
  for (const TcpSocket& socket : listening_on(port))
    inodes.push_back(socket.inode);
  return are_of_other_system(inodes);
}

std::unique_ptr<Rpc> log_in(const NodeEntry& entry, std::unique_ptr<Socket> stream, std::uint16_t port,
                            Deadline until, const ProgramCall* first) {
  const Socket& socket = *stream;
  Login login{{entry.name.alive, std::nullopt}, entry.cookie, own_challenges().make()};
  login.before_answer = [&](std::uint32_t challenge) {
    own_challenges().refuse(challenge);
    expect_owner(entry, socket);
  };
  try {
    return std::make_unique<DistRpc>(std::move(stream), std::move(login), until, first);
  } catch (const Error&) {
    if (is_served_by_other_system(entry, port)) throw OtherSystem("no process of this system listens there");
    throw;
  }
}

std::unique_ptr<Rpc> connect_to_known_port(const NodeEntry& entry, std::uint16_t port, Deadline until,
                                           const ProgramCall* first) {
  return within("port " + std::to_string(port), [&]() -> std::unique_ptr<Rpc> {
    auto stream = connect_to_local_port(port, until);
    if (stream) return log_in(entry, std::move(stream), port, until, first);
    expect_no_process(entry, "nothing is listening there");
    return nullptr;
  });
}

std::unique_ptr<Rpc> connect_to_registered(const NodeEntry& entry, const Registration& found, Deadline until,
                                           const ProgramCall* first) {
  return within("port " + std::to_string(found.port), [&] {
    if (found.highest_version < distribution_version) throw Error("the node is older than OTP 23");
    auto stream = connect_to_local_port(found.port, until);
    if (!stream) throw Error("registered in epmd on this port, but nothing is listening");
    return log_in(entry, std::move(stream), found.port, until, first);
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
                     auto stream = connect_to_local_port(port, until);
                     return stream ? log_in(entry, std::move(stream), port, until, first) : nullptr;
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
  if (known.empty()) return nullptr;
  const auto found = known.find({epmd_port_of(entry), entry.name.alive});
  return found == known.end() ? nullptr : &found->second;
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

/// The epmds that more than one of `entries` is registered with.
std::vector<std::uint16_t> shared_epmds(const std::vector<NodeEntry>& entries) {
  std::map<std::uint16_t, int> nodes;
  for (const NodeEntry& entry : entries)
    if (!entry.port) ++nodes[epmd_port_of(entry)];
  std::vector<std::uint16_t> shared;
  for (const auto& [port, count] : nodes)
    if (count > 1) shared.push_back(port);
  return shared;
}

}  // namespace

std::optional<std::string> answers_as(const NodeEntry& entry, const std::string& node) {
  const std::string registered = to_string(entry.name);
  if (!entry.name.host || registered == node) return std::nullopt;
  return registered + " answers as " + node +
         ": register it again under this name, and `erlrc-node unregister " + registered + "`";
}

std::optional<pid_t> process_of(const NodeEntry& entry) {
  return find_node_process(entry.name.alive, entry.name.host.value_or(""),
                           [&](uid_t user) { return may_run(entry, user); });
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

}  // namespace erlrc
