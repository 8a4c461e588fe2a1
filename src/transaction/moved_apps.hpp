// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

// Applications that one package no longer has, while another package ships them. Nodes that run such an
// application change to the other package's version; it is not stopped.

namespace erlrc {

/// The package other than `package` that ships the application, is installed and stays so; null: no package
/// does. Needs snapshot.packages.
const InstalledPackage* other_with(const Atom& app, const std::string& package, const Snapshot& snapshot);

/// The application as that package ships it.
const PackagedApp* shipped_by_another(const Atom& app, const std::string& package, const Snapshot& snapshot);

/// Whether one of these requests stops an application.
bool stops_any(const std::vector<Request>& requests);

/// The requests of `package`; instead of stopping what another installed package ships, too, they change to
/// the version of that one. Without snapshot.packages they stay as they are.
std::vector<Request> leave_to_others(const std::string& package, std::vector<Request> requests,
                                     const Snapshot& snapshot);

/// Where one package stops what another one starts, the other one changes it instead.
void pair_moved(PackageChanges& changes);

/// The requests of `package`, without stopping what other packages of its group have taken over.
std::vector<Request> without_taken(const std::string& package, std::vector<Request> requests,
                                   const RunRecord::Group& group);

}  // namespace erlrc
