// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "paths.hpp"

// Files below tests/golden, made by a real OTP (scripts/make-golden), and by a real rpm (golden/rpm).

namespace erlrc::test {

/// The bytes of a file. Throws if it cannot be read: a missing golden file must fail its test.
inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path.string() + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The files of tests/golden/PART whose names end in `extension` (".etf"), sorted. Throws if no file matches.
inline std::vector<std::filesystem::path> golden_files(const std::string& part,
                                                       const std::string& extension) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(in_source("tests/golden/" + part)))
    if (entry.path().extension() == extension) found.push_back(entry.path());
  if (found.empty()) throw std::runtime_error("no golden files *" + extension + " of " + part);
  std::ranges::sort(found);
  return found;
}

}  // namespace erlrc::test
