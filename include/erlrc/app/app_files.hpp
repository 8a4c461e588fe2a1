// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/app/appup.hpp>
#include <erlrc/app/location.hpp>
#include <erlrc/beam/beam.hpp>

namespace erlrc {

/// The consolidated protocols of the Elixir release that a version of an application belongs to. They know
/// all types that implement them and run in place of the applications' own modules with these names.
struct Consolidated {
  std::string dir;  ///< ROOT/releases/VSN/consolidated
  std::map<Atom, Beam> beams;
};

/// One version of an application on disk: all that planners know about files.
struct AppFiles {
  Location location;  ///< the directory of the .app file and the beams
  AppSpec spec;
  std::map<Atom, Beam> beams;  ///< by module; empty if only the specification was loaded
  std::optional<Appup> appup;  ///< the one in the package, if any
  std::optional<Consolidated> consolidated = std::nullopt;
  bool in_place = false;  ///< each beam was read from `location.read_from`, from the file with its name
  std::set<Atom> unlisted = {};  ///< modules in the directory that the .app file does not list
  /// The shared libraries below priv, by their paths there. Read if a module has NIFs; absent: unknown.
  std::optional<std::map<std::string, Md5Digest>> libraries = std::nullopt;
};

/// Whether the NIF libraries of the two versions may differ. What is unknown may.
bool libraries_may_differ(const AppFiles& from, const AppFiles& to);

}  // namespace erlrc
