// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/transaction/control_member.hpp>
#include <erlrc/transaction/moment.hpp>

// What one package, considered alone, asks of running nodes.

namespace erlrc {

/// The applications that should run on this host; the others are kept in sync where they run, but not
/// started. Absent: all.
using DesiredApps = std::optional<std::set<Atom>>;

/// What is known of one package's versions.
struct PackageVersions {
  std::optional<PackagedApps> installed{};  ///< absent: the installed version is not managed
  std::optional<PackagedApps> unpacking{};  ///< the same for the version that is being unpacked
  PackagedApps backup{};                    ///< the applications that were backed up
  DesiredApps desired{};
  std::optional<std::vector<std::string>> nodes{};  ///< the nodes that the package is for; absent: all
};

/// The requests of the package at that moment, in the order to execute them.
std::vector<Request> requests_for(Moment moment, const PackageVersions& versions);

/// From one version of a package to another. Applications that only the new version has are left to the
/// moment `configured`, when the packages that this one depends on are configured, too.
std::vector<Request> change_all(const PackagedApps& from, const PackagedApps& to, const DesiredApps& desired);

/// Changes what `stop` stops to what `start` starts, the same application.
Request moved(const Request& stop, const Request& start);

/// Starts the desired ones of these applications, each after those that it needs.
std::vector<Request> start_all(const PackagedApps& apps, const DesiredApps& desired);

/// The same requests, for these nodes only; absent: for all nodes.
std::vector<Request> for_nodes(const std::optional<std::vector<std::string>>& nodes,
                               std::vector<Request> requests);

/// Whether nodes run this backup, since what the installed version needs was not there.
bool is_used(const PackagedApps& backup);

/// `apps`, each read from its backup if it has one that is used, or one of the same version. Another backup
/// of another version holds the files that some node may still run; the moment `configured` deals with it.
PackagedApps with_backup(PackagedApps apps, const PackagedApps& backup);

/// `apps` without those whose backup holds another version, which some node may still run: that backup is not
/// overwritten.
PackagedApps without_other_backups(PackagedApps apps, const PackagedApps& backup);

/// The requests that roll these back, in the order to execute them.
std::vector<Request> all_reversed(const std::vector<Request>& requests);

/// The request that rolls `request` back.
Request reversed(const Request& request);

}  // namespace erlrc
