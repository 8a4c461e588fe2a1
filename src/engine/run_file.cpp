// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/run_file.hpp>

#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {

RunFile RunFile::lock(Deadline until, const std::string& name) {
  make_run_directory();
  const std::filesystem::path directory = run_directory();
  try {
    return {directory / name, lock_directory(directory, until)};
  } catch (const TimedOut&) {
    throw Error(directory.string() + ": timed out waiting for another erlrc-hook");
  }
}

RunFile::RunFile(std::filesystem::path file, UniqueFd lock)
    : file_(std::move(file)), lock_(std::move(lock)) {}

RunRecord RunFile::load() const {
  try {
    const auto text = read_file_if_exists(file_);
    if (!text) return {};
    return within(file_.string(), [&] { return decode_run_record(*text); });
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + "; if no package manager is running, remove " + file_.string());
  }
}

void RunFile::store(const RunRecord& record) const {
  if (record.groups.empty()) {
    remove_tree(file_);
  } else {
    write_file_atomically(file_, encode_run_record(record), 0644);
  }
}

}  // namespace erlrc
