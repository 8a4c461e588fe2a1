// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// APT's input for a hook of DPkg::Pre-Install-Pkgs that asked for version 3 of the protocol (apt.conf(5)):
// the line `VERSION 3`, APT's whole configuration, an empty line, then a line for each action on a package,
// in APT's order.

namespace erlrc {

/// The items of APT's configuration that have a value. A list has an item for each element.
struct AptConfig {
  std::vector<std::pair<std::string, std::string>> items;  ///< full name, value

  /// The last value of that name, in which case does not matter; nullopt if there is no such value.
  std::optional<std::string> value(std::string_view name) const;
  bool operator==(const AptConfig&) const = default;
};

/// One line: an action on one package.
struct AptAction {
  enum class Kind {
    unpack,     ///< installed, upgraded or downgraded from `archive`
    configure,  ///< comes after the unpack of the same package
    remove,     ///< or purge, which looks the same
  };
  Kind kind = Kind::unpack;
  std::string package;
  std::string old_version;   ///< empty: not installed
  std::string new_version;   ///< empty: will be removed
  std::string architecture;  ///< of the new version; of the old one if there is no new one
  std::string archive;       ///< unpack: the path of the .deb
  bool operator==(const AptAction&) const = default;
};

/// Parses the first part, up to the empty line. Throws Error for another version of the protocol and for
/// input that ends before the empty line; skips lines that it does not understand.
AptConfig parse_apt_config(std::string_view input);

/// Parses the part after the empty line. Throws Error for a line of another shape, naming its number, and for
/// a last line without a line end.
std::vector<AptAction> parse_apt_actions(std::string_view input);

}  // namespace erlrc
