// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <vector>

#include <erlrc/app/app_spec.hpp>

namespace erlrc {

/// The applications of one package that should run if its packager does not name them: the one that no other
/// application of the package needs, and those of the package that it needs. If there are several such ones,
/// they may be plugins, tools or examples of what they have in common: only what all of them need is
/// returned, which may be nothing. Applications named as examples or tests do not count, and neither do
/// libraries apart from the others; unless the package has nothing else.
std::set<std::string> start_by_default(const std::vector<AppSpec>& specs);

}  // namespace erlrc
