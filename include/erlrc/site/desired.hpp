// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <set>

#include <erlrc/term/term.hpp>

// The desired applications, in the directory `applications` of the administrator's directory:
//
//   APP              the administrator wants it
//   PACKAGE.d/APP    the package wants it; two packages may ship the same application
//
// A file may contain a start type. `APP.app` is not among them: it changes the application's .app file.

namespace erlrc {

/// The files in `root`/applications that are named after applications, each with the file that counts: that
/// of the administrator, else that of the first package. Empty if there is no such directory.
std::map<Atom, std::filesystem::path> desired_files(const std::filesystem::path& root);

/// Their applications.
std::set<Atom> load_desired_applications(const std::filesystem::path& root);

}  // namespace erlrc
