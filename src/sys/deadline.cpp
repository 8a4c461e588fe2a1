// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/deadline.hpp>

#include <algorithm>

namespace erlrc {

Deadline after(milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

milliseconds left_until(Deadline until) {
  return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()));
}

}  // namespace erlrc
