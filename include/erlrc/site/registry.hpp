// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

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

/// Reads `root`/nodes. Files whose names start with a dot or end in `~`, `.dpkg-*`, `.rpmnew`, `.rpmsave` are
/// no nodes. Throws UsageError if the directory is missing (exit 2), Error if it cannot be read. A file that
/// others than its owner and group can read, an empty cookie, an unknown key, a directory: a BadEntry that
/// says so, with the mode to set.
Registry load_registry(const std::filesystem::path& root);

/// The applications that should run: the names of the files in `root`/applications that are application names
/// ([a-z][0-9A-Za-z_]*). A missing directory holds none.
std::set<Atom> load_wanted_applications(const std::filesystem::path& root);

}  // namespace erlrc
