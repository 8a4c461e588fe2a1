// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include <erlrc/site/run_directory.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/unique_fd.hpp>
#include <erlrc/transaction/run_record.hpp>

namespace erlrc {

/// The record of a run, a file in $ERLRC_RUN, and the lock that protects it. While one of these exists, no
/// other hook of this host is at work.
class RunFile {
public:
  /// Waits for other hooks until `until`; throws Error if they do not end.
  static RunFile lock(Deadline until, const std::string& name = "run");

  /// The record; it has no groups if nothing is stored.
  RunRecord load() const;

  /// Replaces the record, or removes it if it has no groups.
  void store(const RunRecord& record) const;

private:
  RunFile(std::filesystem::path file, UniqueFd lock);

  std::filesystem::path file_;
  UniqueFd lock_;
};

}  // namespace erlrc
