// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/app_cache.hpp>

#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/site/app_dir.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

/// Whether the ebin directory is there. A file in the place of it, or of the directory around it, is a
/// mistake and not a version that was never installed.
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
  return {[this](const Version& version) -> const AppFiles& {
            return load(specs_, load_app_spec, load_app_spec, version);
          },
          [this](const Version& version) -> const AppFiles& {
            return load(alls_, load_app_files, load_app_files, version);
          },
          [this](const Version& version) {
            return version == packed_ || directory_exists(version.location.value().read_from);
          }};
}

void AppCache::distrust(const std::string& ebin) {
  const std::scoped_lock lock(reading_);
  named_by_nodes_.insert(ebin);
}

const AppFiles& AppCache::load(Loaded& loaded, Loader* loader, PackedLoader* packed_loader,
                               const Version& version) {
  const std::scoped_lock lock(reading_);
  const Key key{version.location.value(), version.vsn};
  const auto known = loaded.find(key);
  if (known != loaded.end()) return known->second;
  const std::string& ebin = key.first.read_from;
  if (version != packed_) directory_exists(ebin);  // reports better that it is a file
  const NamedBy named_by = named_by_nodes_.contains(ebin) ? NamedBy::node : NamedBy::user;
  AppFiles files = version == packed_ ? packed_loader(ebin, app_, version.vsn, source_)
                                      : loader(ebin, app_, version.vsn, named_by);
  files.location = key.first;
  return loaded.emplace(key, std::move(files)).first->second;
}

}  // namespace erlrc
