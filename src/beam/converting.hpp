// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>

#include <erlrc/beam/beam.hpp>

#include "read_shapes.hpp"

namespace erlrc {

bool converts(const FunctionName& function);  // code_change or system_code_change

// The functions that code_change alone calls, itself or by what it calls. Throws Unreadable and ShortRead.
std::set<FunctionName> only_converting(const ShapeCode& module);

}  // namespace erlrc
