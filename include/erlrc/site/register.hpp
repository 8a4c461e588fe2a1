// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include <erlrc/dist/node_entry.hpp>
#include <erlrc/sys/group.hpp>

// Adds a node to the administrator's directory and removes it; load_registry reads it. A process that reads
// the directory meanwhile sees the old entry, the new one or none, never a part of one.

namespace erlrc {

/// The entry names the file that contains the cookie.
struct CookieFile {
  std::filesystem::path path;  ///< absolute
};

struct NodeRegistration {
  NodeName name;
  std::variant<Cookie, CookieFile> cookie;
  std::optional<std::uint16_t> port;       ///< as in NodeEntry
  std::optional<std::uint16_t> epmd_port;  ///< as in NodeEntry
  std::optional<gid_t> group;              ///< may read the entry, besides its owner
  std::optional<std::string> user{};       ///< as in NodeEntry: a name or a number
  StartRule start{};
  std::optional<std::string> address{};  ///< as in NodeEntry
  std::optional<std::string> network{};  ///< as in NodeEntry
  std::optional<TlsSettings> tls{};      ///< as in NodeEntry
};

/// Writes the entry into `root`/nodes, over an older one of that name; makes missing directories (nodes with
/// mode 0750). From the first byte on, only its owner and `group` can read it. If the directory belongs to
/// group root, it is given to `group`, which could not reach the entry otherwise. Throws UsageError for a
/// name that load_registry would not take for a node; Error if the node is registered under its other name
/// (with or without host), the cookie file cannot be used, others may write in the directory, or the
/// directory belongs to another group.
void register_node(const std::filesystem::path& root, const NodeRegistration& node);

/// The user that owns the file, by name or number; nullopt if that is root, or if it cannot be known.
std::optional<std::string> owner_besides_root(const std::filesystem::path& file);

/// Removes the entry of that name. Returns whether there was one.
bool unregister_node(const std::filesystem::path& root, const NodeName& name);

/// Makes a file with a random cookie, readable by its owner only. False if there is one: it stays, and is
/// checked to hold a cookie (Error).
bool make_cookie_file(const std::filesystem::path& path);

}  // namespace erlrc
