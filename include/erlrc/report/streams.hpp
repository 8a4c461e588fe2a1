// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace erlrc {

/// What a program prints. It is written when the program is done, so a killed program prints nothing.
struct Streams {
  std::string out;
  std::string err;
};

}  // namespace erlrc
