// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/dist/node_entry.hpp>
#include <erlrc/node/rpc.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/process.hpp>

// From an entry of the registry to a node that can be called: epmd, handshake, link.

namespace erlrc {

/// A node with the name of the entry was found, but it belongs to another system: to a container that shares
/// our network, or to the host of ours.
class OtherSystem : public Error {
public:
  using Error::Error;
};

/// The node is down, and a process of a user that may not run it has its port, or its name in epmd.
class NameTaken : public Error {
public:
  using Error::Error;
};

/// The port of epmd, and the name without its host.
using NameAtEpmd = std::pair<std::uint16_t, std::string>;
using KnownPorts = std::map<NameAtEpmd, std::uint16_t>;

/// Asks each epmd that knows several of `entries` once for all of them. Ports that
/// cannot be found out that way are missing, which is not an error: connecting asks again.
KnownPorts ask_for_ports(const std::vector<NodeEntry>& entries, Deadline until);

/// Connects to the node of `entry`. Null: the node is down, which is an expected outcome: no epmd knows the
/// name, and no process of this machine runs as that node. Everything else throws Error with a message of its
/// own: a process runs as the node, and epmd is down or, for some seconds, does not know it; a registered
/// port that refuses or does not answer; a wrong cookie; a node older than OTP 23; a peer that speaks another
/// protocol; a node of another name than the entry's, but for its host; a process of another user than those
/// of the entry, which gets no proof that we know the cookie. If the entry names a user besides root, and no
/// process runs as the node, the last one is NameTaken. A login that fails throws OtherSystem if no process
/// of our system listens on the port. (A login that succeeds proves nothing about that: a container may be a
/// copy of us, with its cookie. See same_files.hpp.)
///
/// A port that `known` has for the node is tried first.
///
/// `first` is started with the login, as if by Rpc::start: the node has one message less to wait for. It is
/// sent before the node has proved that it knows the cookie, and an impostor may receive it, so it must hold
/// no secret; and as the login may be tried at another port, it must change nothing.
std::unique_ptr<Rpc> connect(const NodeEntry& entry, Deadline until, const KnownPorts& known = {},
                             const ProgramCall* first = nullptr);

/// A line for the user if the node that answers is named `node` and its entry names another host: the host
/// was renamed. epmd has one node of each name, and this one has shown that it knows the cookie.
std::optional<std::string> answers_as(const NodeEntry& entry, const std::string& node);

/// The process of this host that runs as the node, by its arguments; see find_node_process.
std::optional<pid_t> process_of(const NodeEntry& entry);

/// The same among the processes that have our root directory.
std::optional<pid_t> process_with_our_root(const NodeEntry& entry);

}  // namespace erlrc
