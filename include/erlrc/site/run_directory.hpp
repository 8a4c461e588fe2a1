// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>

namespace erlrc {

/// What the programs of one run store for each other, and for nodes: $ERLRC_RUN, or /run/erlrc. Only root can
/// open the directory itself: a process that can may lock it, and would hold up the package manager. Making
/// it throws Error if it belongs to another user, or others can write there.
std::filesystem::path run_directory();
void make_run_directory();

}  // namespace erlrc
