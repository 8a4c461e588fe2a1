// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/commit_record.hpp>

#include <cerrno>
#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/site/run_directory.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/random.hpp>

namespace erlrc {
namespace {

/// Nodes look for a file in it by name.
constexpr mode_t reachable = 0711;
constexpr mode_t readable = 0444;

std::filesystem::path directory() {
  return run_directory() / "commits";
}

}  // namespace

CommitRecord::CommitRecord()
    : file_(absolute_path(directory() / (std::to_string(random_number()) + std::to_string(random_number())))
                .string()) {}

void CommitRecord::write() const {
  try {
    make_run_directory();
    make_directory(directory(), reachable);
    write_file_atomically(file_, "commit\n", readable);
  } catch (const SystemError& error) {
    if (error.code != EACCES && error.code != EPERM) throw;
  }
}

void CommitRecord::forget() const {
  try {
    remove_file(file_);
  } catch (const SystemError&) {
    // No node looks for it any longer.
  }
}

}  // namespace erlrc
