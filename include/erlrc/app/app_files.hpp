// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/app/appup.hpp>
#include <erlrc/app/beam.hpp>

namespace erlrc {

/// One version of an application as it lies on disk: what the planners know of files.
struct AppFiles {
  std::string ebin;  ///< the directory that holds the .app file and the beams
  AppSpec spec;
  std::map<Atom, Beam> beams;  ///< by module; empty where only the specification was asked for
  std::optional<Appup> appup;  ///< the one the package ships, if it does
};

}  // namespace erlrc
