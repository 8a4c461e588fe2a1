// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/sys/process.hpp>

namespace erlrc {

// The files that a process has in memory though they were replaced, where a file of the same content has
// their name now: a package manager has put it back, or a package was installed again. Names are those that
// the process sees. What erlrc has pinned in memory (src/erlang/runner/erlrc_pins.erl) counts only if it is
// used again: if of all libraries of its name, below priv, it was pinned last. Reading such a file needs a
// capability (map_files in proc(5)): without it, none is found.
std::vector<std::string> files_put_back(pid_t pid);

}  // namespace erlrc
