// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/transaction/relations.hpp>
#include <erlrc/plan/request.hpp>

// Packages that belong together in one run of dpkg, whose upgrades are done as one.
//
// What dpkg allows was found by experiment (1.20 to 1.23): it unpacks the archives of its command line one
// after the other, and unpacks the next one also if one has failed. A package can be kept from being replaced
// by its own scripts only: before it is unpacked, by its new preinst; after that, by the old postrm together
// with the new one. Once they have let it pass there is no way back, its old files are gone. The order is not
// that of the dependencies: apt unpacks the application before the library that breaks the old application.
//
// So whether all of them can go has to be found out while each can still go back, that is in the first old
// postrm of those that belong together. It upgrades them all in the nodes, in the order in which they need
// each other, with the new files of those that are still to come taken from their archives. If that fails,
// everything is taken back in the nodes; dpkg takes back the first package, and the new preinst of each other
// one refuses: all have the old version. If it succeeds, each of them finds its upgrade done when it is
// unpacked; only the directory in the code path is exchanged. What does not come after all (its archive is
// damaged, the disk is full, dpkg was killed) is taken back when that is seen: by its own scripts, by the
// first postinst that is called to configure, or by the first call of the next dpkg.
//
// Nodes may be behind what dpkg has: a package may want them left alone, or to be restarted. What needs the
// new version of such a package, or cannot bear the old one, is left for the restart, too: its files are
// replaced, and nodes go on with the version before.
//
// Which packages belong together, and in which order, their control files say. Those that dpkg has already
// passed over do not come any more. If, then, a package would not have what it needs, or others would not
// have it as they need it, its upgrade is refused.

namespace erlrc {

/// What happens to one package in a run of dpkg.
struct PackageChange {
  std::optional<PackageSays> from;  ///< nullopt: it is installed for the first time
  PackageSays to;
  std::vector<Request> requests{};  ///< what it means for a node
  std::string archive{};  ///< where its files have to be taken from; empty: they are where they belong
};

/// By the name of the package.
using PackageChanges = std::map<std::string, PackageChange>;

/// The packages that have to go together with `start`: they need each other, or break each other, in their
/// old versions or in their new ones. Of those that are installed for the first time only what others need.
std::set<std::string> together_with(const std::string& start, const PackageChanges& changes);

/// The order for nodes: no package is changed to a newer version before what it needs, nor what it needs to
/// an older one before itself.
std::vector<std::string> node_order(const std::set<std::string>& packages, const PackageChanges& changes);

/// A package that does not have what it needs.
struct Unmet {
  std::string package;
  std::string why;  ///< "appb 1.1 needs liba (>= 1.1), and liba is 1.0"
  std::string by;   ///< the other package
  auto operator<=>(const Unmet&) const = default;
};

/// By name.
using Packages = std::map<std::string, PackageSays>;

/// What is unmet among these packages. What they need of others is left to dpkg. An empty version is one that
/// is not known: it is none that anybody asks for.
std::set<Unmet> unmet_among(const Packages& packages);

/// Whether the one names the other in what it needs or breaks.
bool concerns(const PackageSays& who, const PackageSays& what);

/// Those of `together` that nodes must not follow, each with the reason. `in_nodes` are the packages as nodes
/// run them now; those that are not of `together` stay so.
std::map<std::string, std::string> to_leave(const PackageChanges& together, const Packages& in_nodes);

}  // namespace erlrc
