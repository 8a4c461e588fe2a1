// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/sys/deadline.hpp>

// Whether a node sees the files that this process sees. Containers may share the network of their host, and
// then its nodes and epmd; but packages are installed for the nodes of one system only.

namespace erlrc {

/// Where the files of the versions of `request` are, or will be, as far as these directories exist now.
std::vector<std::string> places_of(const Request& request);

/// The paths among `paths` that are not the same file for the node as for us, by what it answered about them.
/// All of them exist here. Throws Error if the node may not look at one of them.
std::vector<std::string> foreign_files(const std::vector<std::string>& paths, const Term& seen);

/// The same, and asks the node for it.
std::vector<std::string> foreign_files(Rpc& rpc, const std::vector<std::string>& paths, Deadline until);

/// Why a node with such files is skipped: one line.
std::string other_system(const std::vector<std::string>& foreign);

}  // namespace erlrc
