// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include <erlrc/report/streams.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/transaction/snapshot.hpp>

namespace erlrc {

/// What a call of a package manager may know, and how its archives are unpacked. Throws Error if a program of
/// the package manager does not end in time.
class PackageFacts {
public:
  virtual ~PackageFacts() = default;

  /// The name of the file with the record of a run: no package manager knows another one's packages.
  virtual std::string record_name() const = 0;

  /// What the administrator can do about an upgrade of this package that is refused again and again.
  virtual std::string advice(const std::string& package) const = 0;

  /// Whether the services of nodes are restarted after a run that has noted them (OnRefusal::restart).
  virtual bool restarts_services() const = 0;

  /// Whether a package other than the calling one is known to have that version of the application.
  virtual bool is_of_another(const Atom&, const std::string&) const { return false; }

  /// What is always known. Does not fill `backups`, `staging` and `recorded_run_lives`: the engine does.
  virtual Snapshot load(Moment moment, const Site& site, Streams& streams) const = 0;

  /// Answers LookUp.
  virtual void look_up(const RunRecord& record, Snapshot& snapshot) const = 0;

  /// Answers OpenArchives.
  virtual void open_archives(const RunRecord& record, Snapshot& snapshot) const = 0;

  /// Unpacks the files of an archive below `directory`; false if that fails.
  [[nodiscard]] virtual bool extract(const std::filesystem::path& archive,
                                     const std::filesystem::path& directory) const = 0;
};

}  // namespace erlrc
