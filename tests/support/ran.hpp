// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <ostream>
#include <span>
#include <string>

#include <erlrc/tools/mains.hpp>

// Runs one of the programs in the process of the test.

namespace erlrc::test {

using ToolMain = int (*)(std::span<const std::string>, Streams&);

/// The result of a program. Parts of its output that differ from run to run are replaced: HOST, LAB, NODE ..
struct Ran {
  int exit = 0;
  std::string out;
  std::string err;
  bool operator==(const Ran&) const = default;
};

inline std::ostream& operator<<(std::ostream& stream, const Ran& ran) {
  return stream << "exit " << ran.exit << "\nout: " << ran.out << "\nerr: " << ran.err;
}

inline std::string replace_all(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace erlrc::test
