// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include <erlrc/app/app_files.hpp>

// Application directories of this host, from disk to values.

namespace erlrc {

/// Reads `ebin`/APP.app only. Throws Error naming the file if it is missing, unreadable, broken, of another
/// application, or of another version than `vsn`.
AppFiles load_app_spec(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn);

/// The same with the beams of all modules that the .app lists, and the .appup if there is one.
AppFiles load_app_files(const std::filesystem::path& ebin, const Atom& app, const std::string& vsn);

}  // namespace erlrc
