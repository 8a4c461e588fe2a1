// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include "pairs.hpp"

// A package of one application, whose files a test unpacks and removes as dpkg does.

namespace erlrc::test {

class TestPackage {
public:
  /// The package of `packaged`, to be unpacked in `root`, whatever else is there. With a `revision`, it is a
  /// later version with the same modules: VSN.REVISION.
  TestPackage(const PackagedApp& packaged, const std::filesystem::path& root,
              const std::string& revision = "");

  /// The application as it is unpacked.
  const PackagedApp& app() const { return app_; }
  /// Another name of its directory: the package has a symbolic link with the other name of the application
  /// (fast_xml-V -> p1_xml-V). Empty: it has none.
  const std::filesystem::path& alias() const { return alias_; }

  /// Puts each file in place of the one that is there, in one moment, as dpkg does.
  void unpack() const;
  /// Removes its files.
  void remove() const;
  /// From now on, libraries, drivers and programs are of another build, and all else is the same.
  void rebuild() { ++build_; }
  /// They are of the same build as those of another package of the same files.
  void build_like(const TestPackage& other) { build_ = other.build_; }

private:
  std::string adapted(const std::filesystem::path& file) const;

  std::filesystem::path source_;
  std::string source_vsn_;
  PackagedApp app_;
  std::filesystem::path alias_;
  int build_ = 0;
};

/// Whether the application has a library, a driver or a program that is machine code.
bool has_native_code(const PackagedApp& app);

}  // namespace erlrc::test
