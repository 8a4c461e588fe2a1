// SPDX-License-Identifier: BSD-3-Clause
#include "app_cache.hpp"

#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

/// Whether the directory is there. A file in the place of it, or of the directory around it, is a mistake and
/// not a version that was never installed.
bool directory_exists(const std::filesystem::path& path) {
  for (const auto& part : {path.parent_path(), path}) {
    const auto status = file_status(part);
    if (!status) return false;
    if (status->kind != FileStatus::Kind::directory) throw Error(part.string() + ": is not a directory");
  }
  return true;
}

}  // namespace

Files AppCache::files() {
  return {[this](const Version& version) { return spec(version); },
          [this](const Version& version) { return all(version); },
          [](const Version& version) { return directory_exists(version.ebin.value()); }};
}

AppFiles AppCache::spec(const Version& version) {
  const std::scoped_lock lock(reading_);
  const Key key{version.ebin.value(), version.vsn};
  const auto known = specs_.find(key);
  if (known != specs_.end()) return known->second;
  return specs_.emplace(key, load_app_spec(key.first, app_, key.second)).first->second;
}

AppFiles AppCache::all(const Version& version) {
  const std::scoped_lock lock(reading_);
  const Key key{version.ebin.value(), version.vsn};
  const auto known = alls_.find(key);
  if (known != alls_.end()) return known->second;
  return alls_.emplace(key, load_app_files(key.first, app_, key.second)).first->second;
}

}  // namespace erlrc
