// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/error.hpp>

#include <new>
#include <system_error>

namespace erlrc {

SystemError::SystemError(const std::string& tried, int errno_value)
    : Error(tried + ": " + std::generic_category().message(errno_value)), code(errno_value) {}

std::string message_of(const std::exception& error, const std::string& tried) {
  if (dynamic_cast<const Error*>(&error) != nullptr) return error.what();
  const bool no_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  return tried + ": " + (no_memory ? "out of memory" : error.what());
}

}  // namespace erlrc
