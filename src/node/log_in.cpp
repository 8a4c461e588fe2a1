// SPDX-License-Identifier: BSD-3-Clause
#include "log_in.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/dist_rpc.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/sys/random.hpp>
#include <erlrc/sys/socket_table.hpp>
#include <erlrc/sys/user.hpp>

namespace erlrc {
namespace {

/// Which users may run the node, for a message.
std::string users_of(const NodeEntry& entry) {
  std::string users = "root";
  const std::set<uid_t> others{entry.cookie_owner, entry.user.value_or(0)};
  for (const uid_t user : others)
    if (user != 0) users += " or " + user_name(user);
  return users;
}

/// Any user can take the name or the port of a node that is down: no other user decides over packages that
/// way. But an entry that names no user is more likely for a node whose user it should name.
void expect_user(const NodeEntry& entry, uid_t owner) {
  if (may_run(entry, owner)) return;
  const std::string text =
      "belongs to user " + user_name(owner) + ", expected " + users_of(entry) + "; see user in erlrc-node(8)";
  const bool names_user = entry.cookie_owner != 0 || entry.user;
  if (names_user && !process_of(entry)) throw NameTaken(text);
  throw Error(text);
}

/// A name in epmd or a port belongs to the process that took it first, and that must not have our digest of a
/// challenge of its choice: it could pass for us at the node itself.
void expect_owner(const NodeEntry& entry, const Dialled& dialled) {
  const auto owner = dialled.peer_owner();
  if (!owner) throw ProtocolError("closes the connection in the middle of the handshake");
  expect_user(entry, *owner);
}

/// The challenges that this process waits to have answered. A peer that sends one of them has it from a
/// connection to another name and would use our digest there.
class OwnChallenges {
public:
  std::uint32_t make() {
    const std::scoped_lock lock(mutex_);
    while (true)
      if (const auto [challenge, is_new] = all_.insert(random_number()); is_new) return *challenge;
  }
  void end(std::uint32_t challenge) {
    const std::scoped_lock lock(mutex_);
    all_.erase(challenge);
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

/// When it has been answered, a peer may choose the same number by chance.
class OwnChallenge {
public:
  OwnChallenge() = default;
  ~OwnChallenge() { own_challenges().end(number); }
  OwnChallenge(const OwnChallenge&) = delete;
  OwnChallenge& operator=(const OwnChallenge&) = delete;

  const std::uint32_t number = own_challenges().make();
};

/// Any user can take a name in epmd. While a process of our system runs as the node, it is not of another
/// one.
bool is_served_by_other_system(const NodeEntry& entry, std::uint16_t port) {
  if (process_with_our_root(entry)) return false;
  std::vector<std::uint64_t> inodes;
  for (const TcpSocket& socket : listening_on(port))
    inodes.push_back(socket.inode);
  return are_of_other_system(inodes);
}

}  // namespace

std::unique_ptr<Rpc> log_in(const NodeEntry& entry, std::uint16_t port, Dialled dialled, Deadline until,
                            const ProgramCall* first, const std::function<void()>& proved) {
  const OwnChallenge own;
  Login login{{entry.name.alive, std::nullopt}, entry.cookie, own.number};
  login.wide_lengths = entry.tls.has_value();
  login.before_answer = [&](std::uint32_t challenge) {
    own_challenges().refuse(challenge);
    expect_owner(entry, dialled);
    if (proved) proved();
  };
  try {
    // A process that listens and never answers would use up our time.
    if (dialled.listener_owner) expect_user(entry, *dialled.listener_owner);
    return std::make_unique<DistRpc>(std::move(dialled.stream), std::move(login), until, first);
  } catch (const Error& error) {
    // An entry that names a network is for the node there, whatever its files are.
    if (!entry.network && is_served_by_other_system(entry, port))
      throw OtherSystem("no process of this system listens there: " + std::string(error.what()));
    throw;
  }
}

}  // namespace erlrc
