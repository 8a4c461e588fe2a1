// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/transaction/relations.hpp>

// Packages that have to be upgraded as one in a run of the package manager: the upgrade set.
//
// What dpkg allows was found by experiment (1.20 to 1.23): it unpacks the archives of its command line one
// after the other, and unpacks the next one also if one has failed. A package can be kept from being replaced
// by its own scripts only: before it is unpacked, by its new preinst; after that, by the old postrm together
// with the new one. Once these have succeeded the old files are gone. The order is not that of the
// dependencies: apt unpacks the application before the library that breaks the old application.
//
// So whether the whole set can be upgraded has to be found out while each package can still be restored, that
// is in the first old postrm of the set. It upgrades all of them in the nodes, in the order in which they
// need each other, with the new files of those that are still to come staged from their archives. If that
// fails, the nodes are rolled back; dpkg restores the first package, and the new preinst of each other one
// refuses: all have the old version. If it succeeds, each of them finds its upgrade done when it is unpacked;
// only the directory in the code path is exchanged. A package that does not come after all (its archive is
// damaged, the disk is full, dpkg was killed) is rolled back when that is noticed: by its own scripts, by the
// first postinst that is called to configure, or by the first call of the next dpkg.
//
// Nodes may run older versions than those that dpkg has installed: a package may want them left alone, or to
// be restarted. A package that needs the new version of such a one, or breaks the old one, is skipped until
// the restart, too: its files are replaced, and nodes keep running the version before.
//
// Which packages belong to the set, and in which order, is in their control files. Packages that dpkg has
// already tried to unpack do not come any longer. If, then, a package would not have what it needs, or others
// would not have it as they need it, its upgrade is refused.

namespace erlrc {

/// What happens to one package in a run of dpkg.
struct PackageChange {
  std::optional<PackageRelations> from;  ///< nullopt: it is installed for the first time
  PackageRelations to;                   ///< without a name: it is removed
  std::vector<Request> requests{};       ///< what it means for nodes
  std::string archive{};                 ///< what its files are staged from; empty: they are unpacked
  std::set<std::string> takes_from{};    ///< the packages that had some of its applications before
};

/// By the name of the package.
using PackageChanges = std::map<std::string, PackageChange>;

/// The upgrade set of `start`: packages that need each other, or break each other, in their old versions or
/// in their new ones, or that move applications from one to the other. A package that is installed for the
/// first time is in it only if another one needs it, or has had its applications.
std::set<std::string> together_with(const std::string& start, const PackageChanges& changes);

/// The order for nodes: no package is changed to a newer version before what it needs, nor what it needs to
/// an older one before itself. One that is removed comes before what it needs.
std::vector<std::string> node_order(const std::set<std::string>& packages, const PackageChanges& changes);

/// A package that does not have what it needs.
struct Unmet {
  std::string package;
  std::string why;  ///< "appb 1.1 needs liba (>= 1.1), and liba is 1.0"
  std::string by;   ///< the other package
  auto operator<=>(const Unmet&) const = default;
};

/// By name.
using Packages = std::map<std::string, PackageRelations>;

/// What is unmet among these packages. What they need of others is left to dpkg. An empty version is unknown:
/// it meets no relation that names a version.
std::set<Unmet> unmet_among(const Packages& packages);

/// Whether `who` names `what` among what it needs or breaks.
bool concerns(const PackageRelations& who, const PackageRelations& what);

/// The packages of the set that nodes must not follow, each with the reason. `in_nodes` are the packages as
/// nodes run them now; those outside the set stay so.
std::map<std::string, std::string> to_skip(const PackageChanges& set, const Packages& in_nodes);

/// The packages that nodes must return to the version before (`before`, by name), since they do not have what
/// they need among the packages that are installed now, with those that need them.
std::set<std::string> to_roll_back(Packages now, const std::map<std::string, std::string>& before);

}  // namespace erlrc
