// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include <erlrc/dist/node_entry.hpp>
#include <erlrc/plan/comparison.hpp>
#include <erlrc/sys/deadline.hpp>

namespace erlrc {

/// What is on disk, below `root`, of the code that a node runs. The node has named the files, so they are not
/// read through links of other users. Throws TimedOut if that takes longer than `until`.
InstalledCode load_installed_code(const RunningCode& running, const std::string& root, Deadline until);

/// Compares a node with the disk. Nullopt if it is down.
std::optional<Comparison> compare_with_disk(const NodeEntry& entry, Deadline until);

}  // namespace erlrc
