// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/environment.hpp>

#include <cstdlib>

namespace erlrc {

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

void unset_environment(const std::string& name) {
  ::unsetenv(name.c_str());
}

}  // namespace erlrc
