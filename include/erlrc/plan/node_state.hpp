// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/term/term.hpp>

// What a node answered about its applications: the planners' only knowledge of it.

namespace erlrc {

struct LoadedApp {
  std::string vsn;
  std::vector<Atom> included;           ///< included_applications
  std::vector<Atom> applications = {};  ///< what it depends on
  std::vector<Atom> optional = {};      ///< optional_applications; known when a boot is planned
  bool operator==(const LoadedApp&) const = default;
};

struct NodeState {
  std::string node;         ///< full name
  std::string otp_release;  ///< "25"
  std::string lib_dir;      ///< code:lib_dir()
  std::map<Atom, LoadedApp> loaded;
  std::map<Atom, Atom> running;   ///< application -> start type; it has finished starting
  std::set<Atom> starting;        ///< application:start/2 has not returned yet
  std::map<Atom, Bytes> code;     ///< md5 of each loaded module of the application that was asked for
  std::set<Atom> generated = {};  ///< those of `code` that were not loaded from a file
  std::vector<std::string> libraries = {};  ///< shared libraries in memory, as in /proc/PID/maps
  bool booting = false;                     ///< its boot script has not started all applications yet
  std::string runner = {};                  ///< another run of erlrc on the node, as text; empty: none
  bool operator==(const NodeState&) const = default;
};

/// Collects applications with all that they include, directly or through others, as far as the node has
/// loaded them. Each is visited once: a node may report as many inclusions as it likes, in circles too.
class IncludedApps {
public:
  /// Keeps a reference to `node`.
  explicit IncludedApps(const NodeState& node) : node_(node) {}

  /// Adds `apps` and what those include. Returns what is new, an application before what it includes.
  std::vector<Atom> add(const std::vector<Atom>& apps);

  /// The same for what `app` includes, without `app` itself.
  std::vector<Atom> add_those_of(const Atom& app);

  bool contains(const Atom& app) const { return found_.contains(app); }

private:
  const NodeState& node_;
  std::set<Atom> found_;
};

/// Whether `app` itself was started, not counting that another one includes it.
bool runs(const NodeState& node, const Atom& app);

/// The running application that includes `app`, directly or through others, if there is one.
std::optional<Atom> included_by(const NodeState& node, const Atom& app);

/// The name of a mapped file without what the system and dpkg append to it when it is replaced.
std::string_view without_marks(std::string_view mapped);

/// The version that is loaded, if any is.
std::optional<std::string> loaded_vsn(const NodeState& node, const Atom& app);

}  // namespace erlrc
