// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/app/appup.hpp>
#include <erlrc/app/location.hpp>
#include <erlrc/beam/beam.hpp>

namespace erlrc {

/// The consolidated protocols of the Elixir release that a version of an application belongs to: they know
/// all types that implement them, and are what runs in place of the applications' own modules of these names.
struct Consolidated {
  std::string dir;  ///< ROOT/releases/VSN/consolidated
  std::map<Atom, Beam> beams;
};

/// One version of an application as it lies on disk: what the planners know of files.
struct AppFiles {
  Location location;
  AppSpec spec;
  std::map<Atom, Beam> beams;  ///< by module; empty where only the specification was asked for
  std::optional<Appup> appup;  ///< the one the package ships, if it does
  std::optional<Consolidated> consolidated = std::nullopt;
  bool in_place = false;  ///< each beam is the file of its name in `location.read_from`
};

}  // namespace erlrc
