// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

// The one ordering of this program: a stable topological sort, used for applications and for modules.

namespace erlrc {

/// For each name, the names that must come before it. A name that is not a key has no such names, and does
/// not appear in the result.
using Dependencies = std::map<std::string, std::set<std::string>>;

/// The strongly connected groups of `graph`, each after the groups that its members need. A group of one is
/// an ordinary name; a group of several is a cycle, its members sorted by name. Independent groups are sorted
/// by their first name, so that the same input always gives the same output.
std::vector<std::vector<std::string>> ordered_groups(const Dependencies& graph);

/// One cycle through the members of a strongly connected `group`, in order, starting at its first name: each
/// needs the next, the last needs the first.
std::vector<std::string> cycle_in(const Dependencies& graph, const std::vector<std::string>& group);

}  // namespace erlrc
