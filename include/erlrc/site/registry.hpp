// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/base/bytes.hpp>
#include <erlrc/dist/node_entry.hpp>
#include <erlrc/term/term.hpp>

// The administrator's directory: which nodes to keep in step with the packages, and which applications should
// run.

namespace erlrc {

/// The entry of a file that could not be used, so that the other nodes are served all the same.
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

/// Whether a file of that name in `root`/nodes is no node: it starts with a dot, ends in `~`, `.rpmnew`,
/// `.rpmsave` or `.rpmorig`, or holds `.dpkg-`. Editors and package managers leave such beside the real ones.
bool is_leftover(std::string_view name);

/// The content of a file that holds a secret. Throws SystemError, and Error if others than its owner and
/// group can read or write it.
Bytes read_secret_file(const std::filesystem::path& path);

/// A cookie as the node itself would take it from a file (auth(3)): printable, in one piece, white space
/// around it left out. Throws Error, which begins with `where` and never quotes the text.
Cookie parse_cookie(std::string_view text, const std::string& where);

/// Reads `root`/nodes but for leftovers. Throws UsageError if the directory is missing (exit 2), Error if it
/// cannot be read. A file that others than its owner and group can read, an empty cookie, an unknown key, a
/// directory: a BadEntry that says so, with the mode to set.
Registry load_registry(const std::filesystem::path& root);

/// The applications that should run: the names of the files in `root`/applications that are application names
/// ([a-z][0-9A-Za-z_]*). A missing directory holds none.
std::set<Atom> load_wanted_applications(const std::filesystem::path& root);

}  // namespace erlrc
