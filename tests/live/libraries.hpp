// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace erlrc::test {

/// Compiles tests/live/lab/nif.c, a library for the module zoo_nif, with that version number; `take_over` is
/// a compiler option that defines its TAKE_OVER, or empty. An existing file is replaced as by dpkg.
void make_library(const std::string& file, const std::string& number,
                  const std::string& take_over = "-DTAKE_OVER=0");

/// Compiles tests/live/lab/driver.c, the driver zoo_drv, in the same way.
void make_driver(const std::string& file, const std::string& number);

}  // namespace erlrc::test
