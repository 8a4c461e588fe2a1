// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/app_files.hpp>

namespace erlrc {

bool libraries_may_differ(const AppFiles& from, const AppFiles& to) {
  return !from.libraries || !to.libraries || *from.libraries != *to.libraries;
}

}  // namespace erlrc
