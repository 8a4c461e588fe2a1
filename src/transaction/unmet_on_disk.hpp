// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include <erlrc/transaction/action.hpp>
#include <erlrc/transaction/snapshot.hpp>

#include "whole_set.hpp"

namespace erlrc {

/// Why the packages on disk will not fit together after a whole run, if a node runs the one that does not
/// have what it needs: rpm was called with --nodeps, or a package of the run has failed. Needs
/// snapshot.packages and what OpenArchives gives. What has to be asked of nodes first is appended to
/// `questions`.
std::optional<std::string> unmet_on_disk(const WholeSet& set, const Snapshot& snapshot,
                                         PackageActions& questions);

}  // namespace erlrc
