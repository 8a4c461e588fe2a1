// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/dist/node_entry.hpp>
#include <erlrc/sys/file.hpp>

// The managed nodes, which are kept in sync with the packages, in the administrator's directory.

namespace erlrc {

/// A file that could not be used as an entry. The other nodes are managed all the same.
struct BadEntry {
  std::string file;   ///< the name of the file, as the user sees it
  std::string error;  ///< one line: what is wrong and how to mend it
};

struct Registry {
  std::vector<NodeEntry> nodes;  ///< in the order of their names
  std::vector<BadEntry> bad;
};

/// Where the directory is: $ERLRC_ROOT, or /etc/erlrc.d.
std::filesystem::path erlrc_root();

/// Whether a file of that name in `root`/nodes is ignored: it starts with a dot, ends in `~`, `.rpmnew`,
/// `.rpmsave` or `.rpmorig`, or contains `.dpkg-`. Editors and package managers leave such files next to the
/// real ones.
bool is_leftover(std::string_view name);

/// A file with a secret. Throws SystemError, and Error if others than its owner and group can read or write
/// it.
FileContent load_secret_file(const std::filesystem::path& path);

/// Its content only.
Bytes read_secret_file(const std::filesystem::path& path);

/// A cookie as the node itself would read it from a file (auth(3)): one printable word, without the white
/// space around it. Throws Error, which begins with `where` and never quotes the text.
Cookie parse_cookie(std::string_view text, const std::string& where);

/// Reads `root`/nodes except leftovers. Throws UsageError if the directory is missing (exit 2), Error if it
/// cannot be read. A file that others than its owner and group can read, an empty cookie, an unknown key or a
/// directory becomes a BadEntry with the reason and how to mend it.
Registry load_registry(const std::filesystem::path& root);

}  // namespace erlrc
