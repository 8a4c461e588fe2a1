// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/dist/names.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/process.hpp>

// The nodes that run on this host, registered or not, as their processes show them.

namespace erlrc {

/// A running emulator that has a name, and what an entry for it would have to contain.
struct RunningNode {
  NodeName name;  ///< as in its arguments
  pid_t pid = 0;
  std::uint32_t user = 0;
  std::optional<std::filesystem::path> cookie{};  ///< the file that it reads its cookie from, if that exists
  bool cookie_in_arguments = false;               ///< -setcookie: everyone on the host can read it there
  std::optional<std::uint32_t> cookie_owner{};    ///< of that file
  std::string protocol{};                         ///< -proto_dist; empty: TCP
  std::optional<std::uint16_t> port{};  ///< that it listens on without epmd, if its arguments name it
  bool without_epmd = false;
  std::vector<std::uint16_t> listens{};      ///< all ports on which the process listens
  std::optional<std::uint16_t> epmd_port{};  ///< $ERL_EPMD_PORT of the process
  std::optional<std::string> network{};      ///< see foreign_network_of
  std::optional<std::string> entry{};        ///< the name of its entry, if it is registered
};

/// What the arguments of an emulator contain; nullopt for one without a name. `home` is where it looks for
/// its cookie if they do not name a directory.
std::optional<RunningNode> running_node(const Emulator& emulator);

/// All running nodes, by their process ids.
std::vector<RunningNode> find_running_nodes(const Registry& registry);

/// The command that registers the node, or what has to be done before.
struct RegisterAdvice {
  std::vector<std::string> command{};  ///< empty: the node cannot be registered
  std::string remark{};                ///< may be empty
  bool operator==(const RegisterAdvice&) const = default;
};
RegisterAdvice advice_for(const RunningNode& node);

}  // namespace erlrc
