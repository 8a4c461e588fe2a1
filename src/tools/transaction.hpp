// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <erlrc/hook/dpkg.hpp>
#include <erlrc/pkg/apt_change.hpp>
#include <erlrc/pkg/deb_archive.hpp>
#include <erlrc/plan/plan.hpp>

#include "app_cache.hpp"

// What a whole run of the package manager will ask of every node, with the files that are still packed.

namespace erlrc {

/// What the maintainer scripts of one package will ask of every node: the upgrades while it is unpacked, the
/// starts when it is configured. Throws Error if a control member is wrong.
struct PackageRequests {
  std::vector<Request> unpacking;
  std::vector<Request> configuring;
  bool operator==(const PackageRequests&) const = default;
};
PackageRequests requests_of(const AptChange& change);

class Transaction {
public:
  /// One request, of one package.
  struct Item {
    std::string package;
    Request request;
    Files files;  ///< what planners read with: the new version from its archive, the old one from disk
  };

  explicit Transaction(std::vector<AptChange> changes);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Reads the archives of the items that are `wanted`, several at a time. Items whose archive cannot be read
  /// drop out.
  template <typename Wanted>
  void read_archives(Wanted wanted) {
    for (const Item& item : items_)
      if (wanted(item.request)) want(item.package);
    read_wanted();
  }

  const std::vector<AptChange>& changes() const { return changes_; }
  /// In the order in which they will be done: dpkg unpacks all packages before it configures any.
  const std::vector<Item>& items() const { return items_; }
  /// What could not be found out, a line for each package.
  const std::vector<std::string>& warnings() const { return warnings_; }

private:
  struct Archive {
    std::string package;
    std::filesystem::path path;
    ArchiveFiles files;
    std::string error;
  };

  void add(const std::string& package, std::vector<Request> requests);
  void want(const std::string& package);
  void read_wanted();

  std::vector<AptChange> changes_;
  std::vector<std::string> warnings_;
  std::vector<Item> items_;
  std::vector<Archive> archives_;
  std::vector<std::unique_ptr<AppCache>> caches_;
};

}  // namespace erlrc
