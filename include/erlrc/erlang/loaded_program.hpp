// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/erlang/program.hpp>

namespace erlrc {

/// Argument: modules. One message: [{Module, File, Md5}] of those that are loaded from a file
/// (coordinator/moved_modules.hpp).
Program loaded_program();

}  // namespace erlrc
