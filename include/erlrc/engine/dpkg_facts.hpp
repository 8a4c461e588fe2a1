// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/engine/admin_dir.hpp>
#include <erlrc/report/streams.hpp>
#include <erlrc/site/dpkg.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>

namespace erlrc {

/// What a call of dpkg may know: fills snapshots. A class for rpm would have the same three functions.
class DpkgFacts {
public:
  /// Throws UsageError if it is not dpkg that calls.
  DpkgFacts();

  /// What is always known. Not known are yet: backups, the staging directory. An unreadable control member of
  /// the calling package is a warning if the package must not be kept from being replaced and removed.
  Snapshot load(Moment moment, const Site& site, Streams& streams) const;

  /// Answers LookUp.
  void look_up(const RunRecord& record, Snapshot& snapshot) const;

  /// Answers OpenArchives; LookUp comes first.
  void open_archives(Snapshot& snapshot) const;

private:
  std::optional<ControlMember> installed_member(Moment moment, Streams& streams) const;
  void query(const std::vector<std::string>& names, Snapshot& snapshot) const;

  DpkgPackage package_;
  AdminDir admin_;
  DpkgProcess dpkg_;
};

}  // namespace erlrc
