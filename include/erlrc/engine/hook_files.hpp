// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/transaction/dpkg.hpp>
#include <erlrc/transaction/run_record.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/sys/unique_fd.hpp>

// The files that a hook call decides from, and those by which it tells later calls.
//
//   $DPKG_ADMINDIR/info/PKG.erlrc    applications of the installed version
//   $DPKG_ADMINDIR/tmp.ci/erlrc      of the one being unpacked
//   /var/lib/erlrc/kept/PKG/         files of the version before: `erlrc`, APP/*
//   /var/lib/erlrc/incoming/PKG/     what an archive holds that dpkg has not come to yet
//   /run/erlrc/run                   the record of the run

namespace erlrc {

/// Where the calls of one run leave word for each other. Only root has access: who can open it can lock it,
/// and would hold up dpkg.
std::filesystem::path run_directory();
void make_run_directory();

/// The package whose script calls, as dpkg's environment names it.
struct CallingPackage {
  std::string name;
  std::string arch;
};

/// Throws UsageError if it is not dpkg that calls.
CallingPackage calling_package();

/// What parse_control_member reads; its nodes have names that nodes can have. Throws SyntaxError and Error.
ControlMember read_control_member(std::string_view text, const std::string& file);

/// dpkg's own directory.
class AdminDir {
public:
  AdminDir();

  const std::filesystem::path& path() const { return path_; }

  /// The control member of the installed version; nullopt if it has none. The first throws what
  /// read_control_member throws; for the second, one that cannot be read is none, so that no package fails
  /// for another one.
  std::optional<ControlMember> checked_member(const CallingPackage& package) const;
  std::optional<ControlMember> member(const CallingPackage& package) const;

  /// That of the version being unpacked. Throws what read_control_member throws.
  std::optional<ControlMember> unpacking_member() const;

  /// What is to be kept in step of the installed version, and of the one being unpacked. A package that wants
  /// something else done is like one without a control member.
  std::optional<PackagedApps> installed(const CallingPackage& package) const;
  std::optional<PackagedApps> unpacking() const;

  /// Applications of an installed package without control member, told from its list of files. Only those
  /// that are on disk and whose .app can be read.
  PackagedApps found_in_list(const CallingPackage& package) const;

  /// The names of all installed packages with a control member.
  std::vector<std::string> hooked_packages() const;

private:
  std::filesystem::path path_;
};

/// What was put aside of the version before.
class KeptFiles {
public:
  KeptFiles();

  PackagedApps load(const std::string& package) const;

  /// Puts the files of these applications aside, where they are those of their versions. What is there of the
  /// same version stays: a call that is repeated may find the new files where the old ones were.
  void keep(const std::string& package, const PackagedApps& apps) const;

  /// From now on, these files are where nodes have the applications from.
  void settle_in(const std::string& package) const;

  void drop(const std::string& package) const;

private:
  void write_control(const std::string& package, const PackagedApps& apps) const;

  std::filesystem::path directory_;
};

/// Content of archives, for nodes to load before dpkg has come to them.
class IncomingFiles {
public:
  IncomingFiles();

  /// Where a directory of the package's will lie.
  std::string place(const std::string& package, const std::string& directory) const;
  /// False if the archive is damaged. Throws Error if there is no space for what it holds.
  [[nodiscard]] bool extract(const std::string& package, const std::filesystem::path& archive) const;
  bool holds(const std::string& path) const;
  void drop(const std::string& package) const;
  void drop_all() const;

private:
  std::filesystem::path directory_;
};

/// The record of the run. While one of these lives, no other hook of this host is at work.
class RunFile {
public:
  /// Waits for other hooks until `until`; throws Error if they do not end.
  explicit RunFile(Deadline until);

  std::optional<RunRecord> load() const;
  void store(const RunRecord& record) const;
  void remove() const;

private:
  std::filesystem::path directory_;
  std::filesystem::path file_;
  UniqueFd lock_;
};

}  // namespace erlrc
