// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>

#include <system_error>

namespace erlrc {

SystemError::SystemError(const std::string& tried, int errno_value)
    : Error(tried + ": " + std::generic_category().message(errno_value)), code(errno_value) {}

}  // namespace erlrc
