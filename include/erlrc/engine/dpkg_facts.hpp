// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>

#include <erlrc/engine/admin_dir.hpp>
#include <erlrc/engine/package_facts.hpp>
#include <erlrc/report/streams.hpp>
#include <erlrc/site/dpkg.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>

namespace erlrc {

/// What a call of dpkg may know.
class DpkgFacts : public PackageFacts {
public:
  /// Each question to dpkg's programs may take the time `timeout`. Throws UsageError if it is not dpkg that
  /// calls.
  explicit DpkgFacts(milliseconds timeout);

  std::string record_name() const override { return "run"; }
  std::string advice(const std::string& package) const override;
  bool restarts_services() const override { return true; }
  bool is_of_another(const Atom& app, const std::string& vsn) const override;

  /// An unreadable control member of the calling package is a warning, so that the package can be replaced
  /// and removed; at `configured` and `stays_installed` it throws.
  Snapshot load(Moment moment, const Site& site, Streams& streams) const override;
  void look_up(const RunRecord& record, Snapshot& snapshot) const override;

  /// LookUp comes first.
  void open_archives(const RunRecord& record, Snapshot& snapshot) const override;
  bool extract(const std::filesystem::path& archive, const std::filesystem::path& directory) const override;

private:
  std::optional<ControlMember> installed_member(Moment moment, Streams& streams) const;
  bool is_removed(const std::string& package, const Snapshot& snapshot) const;
  std::vector<Dependent> not_started(Snapshot snapshot) const;

  /// What needs the calling package; needs snapshot.packages. `counts`: whether another package counts.
  std::vector<Dependent> dependents(const Snapshot& snapshot,
                                    const std::function<bool(const std::string&)>& counts) const;
  void query(std::vector<std::string> names, Snapshot& snapshot) const;

  milliseconds timeout_;
  DpkgPackage package_;
  AdminDir admin_;
  DpkgProcess dpkg_;
};

}  // namespace erlrc
