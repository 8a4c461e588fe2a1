// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <erlrc/plan/plan.hpp>
#include <erlrc/site/app_dir.hpp>

namespace erlrc {

/// The files of one application's versions, read from disk once for all nodes.
class AppCache {
public:
  explicit AppCache(Atom app) : app_(std::move(app)) {}

  /// The files of `packed` are not on disk: `source` has them. Those of other versions are.
  AppCache(Atom app, Version packed, FileSource source)
      : app_(std::move(app)), packed_(std::move(packed)), source_(std::move(source)) {}

  /// What planners read with. Every version must have its location. It refers to this cache, which must
  /// outlive it.
  Files files();

  /// A node has named this directory; see NamedBy.
  void distrust(const std::string& ebin);

private:
  using Key = std::pair<Location, std::string>;  ///< location, vsn
  using Loaded = std::map<Key, AppFiles>;
  using Loader = AppFiles(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                          NamedBy named_by);
  using PackedLoader = AppFiles(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn,
                                const FileSource& source);
  const AppFiles& load(Loaded& loaded, Loader* loader, PackedLoader* packed_loader, const Version& version);

  Atom app_;
  std::optional<Version> packed_;
  FileSource source_;
  std::mutex reading_;                    ///< held while reading, so that the nodes wait for one reader
  std::set<std::string> named_by_nodes_;  ///< directories
  Loaded specs_;
  Loaded alls_;
};

}  // namespace erlrc
