// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <vector>

// The applications in unpacked Debian packages: SUITE/PACKAGE/usr/lib/../ebin/APP.app.

namespace erlrc::test {

/// One version of an application, as a package ships it.
struct PackagedApp {
  std::string app;
  std::string vsn;
  std::string package;
  std::filesystem::path root;  ///< of the suite
  std::filesystem::path dir;   ///< contains ebin
  bool of_otp = false;         ///< one of Erlang/OTP's own
};

/// The same application of the same package in two suites.
struct Pair {
  PackagedApp from;
  PackagedApp to;
};

/// All applications in the packages of this directory, by name and package. Ignores files that are not in the
/// form of OTP's .app files, since some packages ship templates.
std::vector<PackagedApp> packaged_apps(const std::filesystem::path& suite);

/// The applications that both have and that differ: another version, or other code under the same version.
std::vector<Pair> pairs(const std::vector<PackagedApp>& from, const std::vector<PackagedApp>& to);

}  // namespace erlrc::test
