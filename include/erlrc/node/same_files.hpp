// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/node/rpc.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/sys/deadline.hpp>

// Whether a node sees the files that this process sees. Containers may share the network of their host, and
// then its nodes and epmd; but packages are installed for the nodes of one system only. A node of this system
// may not see all of its files either: a service may have a /var of its own.

namespace erlrc {

/// Where the files of the versions of `request` are, or will be, as far as these directories exist now. The
/// first place, that of the version before if there is one, shows of which system a node is.
std::vector<std::string> places_of(const Request& request);

/// Whether the node is of another system; `foreign` are those among its places that are other files there.
bool is_of_other_system(const std::vector<std::string>& places, const std::vector<std::string>& foreign);

/// The paths among `paths` that are not the same file for the node as for us, by what it answered about them.
/// All of them exist here. Throws Error if the node may not look at one of them.
std::vector<std::string> foreign_files(const std::vector<std::string>& paths, const Term& seen);

/// The same, and asks the node for it.
std::vector<std::string> foreign_files(Rpc& rpc, const std::vector<std::string>& paths, Deadline until);

/// Why a node of another system is skipped: one line.
std::string other_system(const std::vector<std::string>& foreign);

/// Why one of this system that does not see all files refuses: one line.
std::string unseen(const std::vector<std::string>& foreign);

}  // namespace erlrc
