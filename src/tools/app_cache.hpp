// SPDX-License-Identifier: BSD-3-Clause
#pragma once

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
  AppFiles spec(const Version& version);
  AppFiles all(const Version& version);

  Atom app_;
  std::mutex reading_;  ///< held while reading, so that the nodes wait for one reader
  std::map<Key, AppFiles> specs_;
  std::map<Key, AppFiles> alls_;
};

}  // namespace erlrc
