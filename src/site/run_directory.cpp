// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/run_directory.hpp>

#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {

std::filesystem::path run_directory() {
  return absolute_path(environment("ERLRC_RUN").value_or("/run/erlrc"));
}

void make_run_directory() {
  make_directories(run_directory().parent_path(), 0755);
  make_directory(run_directory(), 0711);
  expect_own_directory(run_directory());
}

}  // namespace erlrc
