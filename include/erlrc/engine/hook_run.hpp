// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/engine/hook_companions.hpp>
#include <erlrc/engine/hook_files.hpp>
#include <erlrc/engine/hook_performance.hpp>

// The upgrades of one dpkg run, as joint.hpp has them: done together and, if it must be, taken back.

namespace erlrc {

class HookRun {
public:
  /// If the record is that of another dpkg, that run is finished first.
  HookRun(const CallingPackage& package, const AdminDir& admin, const KeptFiles& kept,
          HookPerformance& performance, Streams& streams, Deadline until);

  /// The new preinst: 1 if this package was refused in this run, before it was its turn.
  int prepare();

  /// The old version gives way to the one being unpacked: for this package and all that belong to it. The
  /// exit code of the script.
  int upgrade(const std::vector<Request>& requests);

  /// Whether what `requests` are to do for this package, which dpkg configures, has to wait for a restart of
  /// the nodes.
  bool must_wait(const std::vector<Request>& requests);

  /// dpkg gives the new files up; `requests` take this package's upgrade back.
  void take_back(const std::vector<Request>& requests);

  /// dpkg has put the old version back.
  void give_up();

  /// Nothing more is unpacked in this run: what has not come is taken back, and the record goes.
  void finish();

private:
  using Group = RunRecord::Group;

  /// What becomes of the calling package when its group is taken back.
  enum class Own {
    left_out,     ///< it was taken back as far as it can be
    asked_again,  ///< dpkg calls its preinst, too, while both versions are on disk
    given_up,     ///< it has done so, and puts the old files back
    as_others,    ///< whatever dpkg does
  };

  Group* own_group() { return record_ ? record_->group_of(package_.name) : nullptr; }
  Group& new_own_group();
  int do_together(const PackageChanges& together);
  int arrive(Group& group, const std::vector<Request>& requests);
  int refuse(const std::string& because);
  int leave(const std::string& because);
  int move_in(RunRecord::Package& package, const PackagedApps& apps);
  void fail(Group& group, const std::string& because);
  void back_or_keep(const std::string& package, const std::vector<Request>& back, bool restored);
  void take_back_unsettled(const Group& group, Own own);
  std::set<std::string> take_back_unmet();
  void settle_what_has_come(Group& group);
  void settle_own(Group& group);
  void store_or_forget();
  void forget();

  const CallingPackage& package_;
  const AdminDir& admin_;
  const KeptFiles& kept_;
  HookPerformance& performance_;
  Streams& streams_;
  IncomingFiles incoming_;
  RunFile file_;
  DpkgProcess dpkg_;
  std::set<std::string> left_;  ///< whose upgrades nodes do not follow
  std::optional<RunRecord> record_;
};

}  // namespace erlrc
