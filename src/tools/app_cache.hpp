// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include <erlrc/plan/plan.hpp>

namespace erlrc {

/// The files of one application's versions, read from disk once for all nodes.
class AppCache {
public:
  explicit AppCache(Atom app) : app_(std::move(app)) {}

  /// What planners read with. Every version must tell its ebin. It refers to this cache, which must outlive
  /// it.
  Files files();

private:
  using Key = std::pair<std::string, std::string>;  ///< ebin, vsn
  using Loaded = std::map<Key, AppFiles>;
  using Loader = AppFiles(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn);
  AppFiles load(Loaded& loaded, Loader* loader, const Version& version);

  Atom app_;
  std::mutex reading_;  ///< held while reading, so that the nodes wait for one reader
  Loaded specs_;
  Loaded alls_;
};

}  // namespace erlrc
