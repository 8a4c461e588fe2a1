// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

namespace erlrc {

/// One remark for each thing that differs and that only a start of the application does: the callback module
/// or its argument, start phases, and start/2 with what it calls in its module. And what only a stop does: to
/// end the processes of an application that no longer has a callback module.
std::vector<std::string> left_to_start(const AppFiles& from, const AppFiles& to);

}  // namespace erlrc
