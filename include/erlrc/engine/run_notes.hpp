// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <set>
#include <string>

// What the calls of one run of APT or dpkg note for each other in $ERLRC_RUN, beyond the record
// (run_file.hpp). What another run has noted is not seen.

namespace erlrc {

/// A set of lines. `name` is that of its file.
std::set<std::string> load_run_notes(const std::string& name);

/// Adds `line`. Whether it is new.
bool add_run_note(const std::string& name, const std::string& line);

/// The lines that any run has added; removes the file.
std::set<std::string> take_notes(const std::string& name);

/// The nodes that were left as they are, because they refused a package, and that keep running the old
/// version of everything until their restart.
inline constexpr const char* left_nodes = "left";

/// The left nodes whose units are restarted once all packages are configured.
inline constexpr const char* nodes_to_restart = "restart";

/// The packages whose removal nodes have refused.
inline constexpr const char* refused_removals = "refused_removals";

/// The packages of which nodes could not start all applications.
inline constexpr const char* failed_starts = "failed_starts";

/// The lines that the user needs to read once, though the hooks are called several times for each package.
inline constexpr const char* reported_lines = "reported";

/// Notes a line for the user. Whether it is new, also where nothing can be noted.
bool is_new_line(const std::string& line);

}  // namespace erlrc
