// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What APT writes to a hook of DPkg::Pre-Install-Pkgs that asked for version 3 of the protocol (apt.conf(5)):
// the line `VERSION 3`, APT's whole configuration, an empty line, then a line for each thing that is going to
// be done to a package, in APT's order.

namespace erlrc {

/// APT's configuration, as far as it has values. Lists have an item for each element.
struct AptConfig {
  std::vector<std::pair<std::string, std::string>> items;  ///< full name, value

  /// The last value of that name, which like all names of APT has no case; nullopt if there is none.
  std::optional<std::string> value(std::string_view name) const;
  bool operator==(const AptConfig&) const = default;
};

/// One line: what is going to be done to one package.
struct AptAction {
  enum class Kind {
    unpack,     ///< installed, upgraded or downgraded from `archive`
    configure,  ///< comes after the unpack of the same package
    remove,     ///< or purge: they are told alike
  };
  Kind kind = Kind::unpack;
  std::string package;
  std::string old_version;   ///< empty: not installed
  std::string new_version;   ///< empty: is removed
  std::string architecture;  ///< of the new version, of the old one if there is no new one
  std::string archive;       ///< unpack: the path of the .deb
  bool operator==(const AptAction&) const = default;
};

/// The first part, up to the empty line. Throws Error for another version of the protocol and for input that
/// ends before the empty line; lines of it that it does not understand are passed over.
AptConfig parse_apt_config(std::string_view input);

/// What follows the empty line. Throws Error for a line of another shape, naming its number, and for a last
/// line that does not end.
std::vector<AptAction> parse_apt_actions(std::string_view input);

}  // namespace erlrc
