// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

// Where the clone and this build are. Only paths.cpp is compiled with these directories, so that the compiler
// cache serves all other sources of the tests to a clone in another directory.

namespace erlrc::test {

/// A file of the clone, as an absolute path: `in_source("tests/golden")`.
std::string in_source(const std::string& path);
/// A file that the build makes, as an absolute path.
std::string in_build(const std::string& path);
/// A program of this build: `built_program("boot")` is the path of erlrc-boot.
std::string built_program(const std::string& name);
/// The ebin directory of the application erlrc of this build.
std::string built_ebin();

}  // namespace erlrc::test
