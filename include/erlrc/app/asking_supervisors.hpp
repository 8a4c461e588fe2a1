// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include <erlrc/app/app_files.hpp>

namespace erlrc {

/// The supervisors whose code is the same in both versions, and whose init/1 may return other children: it
/// asks, itself or through others, modules of the application that differ, or the environment, which differs.
std::vector<Atom> asking_supervisors(const AppFiles& from, const AppFiles& to);

}  // namespace erlrc
