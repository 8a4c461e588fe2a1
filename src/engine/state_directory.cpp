// SPDX-License-Identifier: BSD-3-Clause
#include "state_directory.hpp"

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/transaction/rpm.hpp>

namespace erlrc {

std::filesystem::path directory_of(const std::filesystem::path& directory, const std::string& package) {
  if (!is_rpm_name(package)) throw Error("package " + printable(package) + ": is not a package's name");
  return directory / package;
}

}  // namespace erlrc
