// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include <erlrc/dist/names.hpp>

// Entering a node in the administrator's directory and taking it out: what load_registry reads back. Whoever
// reads the directory meanwhile sees the old entry, the new one or none, never a part of one.

namespace erlrc {

/// Where the entry has its cookie from.
struct CookieFile {
  std::filesystem::path path;  ///< absolute
};

struct NodeRegistration {
  NodeName name;
  std::variant<Cookie, CookieFile> cookie;
  std::optional<std::uint16_t> port;       ///< as in NodeEntry
  std::optional<std::uint16_t> epmd_port;  ///< as in NodeEntry
  std::optional<gid_t> group;              ///< who may read the entry beside its owner
};

/// Writes the entry into `root`/nodes, over an older one of that name; makes the directories that are missing
/// (nodes with mode 0750). From the first byte on, nobody but its owner and `group` can read it. `group` gets
/// the directory too if that is root's, for else it would not reach the entry. Throws UsageError for a name
/// that load_registry would not take for a node; Error if the node is registered under its other name (with
/// or without host), the cookie file cannot be used, others may write in the directory, or the directory is
/// another group's.
void register_node(const std::filesystem::path& root, const NodeRegistration& node);

/// Removes the entry of that name. Whether there was one.
bool unregister_node(const std::filesystem::path& root, const NodeName& name);

}  // namespace erlrc
