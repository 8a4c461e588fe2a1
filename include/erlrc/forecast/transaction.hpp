// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <erlrc/beam/nif_entries.hpp>
#include <erlrc/coordinator/app_cache.hpp>
#include <erlrc/coordinator/start_limit.hpp>
#include <erlrc/forecast/changed_package.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/transaction/requests.hpp>

// The requests of a whole run of the package manager, with the files that are still in archives.

namespace erlrc {

class Transaction {
public:
  /// One request, of one package.
  struct Item {
    std::string package;
    Request request;
    Files files;  ///< what planners read with: the new version from its archive, the old one from disk
    NifLibraries libraries{};  ///< of the new version; after read_archives
  };

  /// An application whose package does not manage running nodes.
  struct Apart {
    std::string package;
    PackagedApp app;
    PackagePolicy policy = PackagePolicy::leave;
  };

  /// `desired` are the applications that should run on this host already.
  Transaction(TransactionSource source, const Desired& desired, const Policy& policy);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Reads the archives of the items that are `needed`, several at a time. Drops items whose archive cannot
  /// be read, and starts of applications that are not desired by any version of their package.
  template <typename Needed>
  void read_archives(Needed needed) {
    for (const Item& item : items_)
      if (needed(item)) want(item.package);
    read_desired();
    read_libraries();
  }

  const std::vector<ChangedPackage>& changes() const { return changes_; }
  const TransactionSource& source() const { return source_; }
  /// In the order of their execution: package managers unpack all packages before it configures any.
  const std::vector<Item>& items() const { return items_; }
  /// What the new versions need, as far as their files can be read.
  NewNeeds new_needs() const;
  const std::vector<Apart>& apart() const { return apart_; }
  /// By application, the package that takes it over from another one.
  const std::map<Atom, std::string>& moves() const { return moves_; }
  /// Problems in reading packages, a line for each package.
  const std::vector<std::string>& warnings() const { return warnings_; }

private:
  struct Archive {
    std::string package;
    std::filesystem::path path;
    ArchiveFiles files;
    std::string error;
  };

  using Members = std::pair<std::optional<ControlMember>, std::optional<ControlMember>>;  // old, new

  void add_unpacking(const ChangedPackage& change, const Members& members);
  void add_configuring(const ChangedPackage& change, const Members& members);
  void add(const std::string& package, std::vector<Request> requests,
           const std::optional<ControlMember>& member);
  void pair_moved();
  void want(const std::string& package);
  void read_desired();
  void read_libraries();
  const Archive* archive_of(const std::string& package) const;
  static bool is_desired_by(const Archive& archive, const Atom& app);

  TransactionSource source_;
  std::vector<ChangedPackage> changes_;
  Desired desired_;
  Policy policy_;
  std::vector<std::string> warnings_;
  std::vector<Item> items_;
  std::vector<Apart> apart_;
  std::vector<std::pair<std::string, Request>> lost_;  ///< what packages no longer have, as stops
  std::map<Atom, std::string> moves_;
  std::vector<Archive> archives_;
  std::vector<std::unique_ptr<AppCache>> caches_;
};

}  // namespace erlrc
