// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/app/appup.hpp>
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
  std::string ebin;  ///< the directory of the .app file and the beams
  AppSpec spec;
  std::map<Atom, Beam> beams;  ///< by module; empty if only the specification was loaded
  std::optional<Appup> appup;  ///< the one in the package, if any
  std::optional<Consolidated> consolidated = std::nullopt;
  bool in_place = false;  ///< each beam was read from `ebin`, from the file with its name
};

}  // namespace erlrc
