// SPDX-License-Identifier: BSD-3-Clause
#include "paths.hpp"

namespace erlrc::test {

std::string in_source(const std::string& path) {
  return ERLRC_SOURCE_DIR "/" + path;
}

std::string in_build(const std::string& path) {
  return ERLRC_BUILD_DIR "/" + path;
}

std::string built_program(const std::string& name) {
  return ERLRC_PROGRAM_DIR "/erlrc-" + name;
}

std::string built_ebin() {
  return ERLRC_EBIN_DIR;
}

}  // namespace erlrc::test
