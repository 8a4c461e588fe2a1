// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <erlrc/plan/request.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>

// The administrator's settings (erlrc.conf(5)). Each comes from the first of these that has it: the
// environment, APT's configuration of this run, /etc/erlrc.d/erlrc.conf, the default. A value that cannot be
// read never stops a package manager: it is a warning, and the next of these counts.

namespace erlrc {

/// What APT does about the effect of its transaction on nodes (erlrc-apt-preflight(8)).
enum class PreflightMode {
  report,  ///< report it, and let APT continue
  refuse,  ///< the same, but abort the transaction if a part of it cannot be done
  leave,   ///< the same, but the hooks skip the packages that cannot be upgraded
  off,
};

/// What follows if a node refuses the upgrade of a package, or fails to do it and is rolled back.
enum class OnRefusal {
  refuse,   ///< the upgrade fails, and the package manager keeps the old version
  leave,    ///< the files change, and the node keeps running the old version until its restart
  restart,  ///< the same, and the unit of the node is restarted
};

/// The settings of one node, or of one package.
struct OwnSettings {
  std::optional<bool> hooks{};
  std::optional<OnRefusal> on_refusal{};
  bool operator==(const OwnSettings&) const = default;
};

struct Settings {
  bool hooks = true;             ///< false: packages leave all nodes alone
  milliseconds timeout{60'000};  ///< of one call of the hooks
  PreflightMode preflight = PreflightMode::report;
  milliseconds preflight_timeout{10'000};
  std::optional<OnRefusal> on_refusal{};
  bool retry = false;  ///< true: a node tries again what it has rolled back before
  Policy policy{};     ///< of upgrades
  std::map<std::string, OwnSettings> nodes{};
  std::map<std::string, OwnSettings> packages{};
  bool operator==(const Settings&) const = default;

  bool hooks_of_node(const std::string& node) const;
  bool hooks_of_package(const std::string& package) const;

  /// That of the package, else that of the node, else that of all, else to refuse.
  OnRefusal on_refusal_of(const std::string& node, const std::string& package) const;
};

/// A key of the file, and its other names.
struct SettingName {
  std::string_view key;
  std::string_view apt;             ///< of APT's configuration
  std::string environment() const;  ///< of the environment
};

/// All settings that are not of one node or one package.
const std::vector<SettingName>& setting_names();

/// Sets one of them. Throws UsageError for a value that it does not have, which begins with `source`.
void set_setting(Settings& settings, std::string_view key, const std::string& value,
                 const std::string& source);

/// Reads lines `key = value`, and sections `[node NAME]` and `[package NAME]`, into `settings`. A line that
/// cannot be read is skipped; returns a warning FILE:LINE:COLUMN: .. for each.
std::vector<std::string> read_settings(std::string_view text, const std::string& file, Settings& settings);

struct LoadedSettings {
  Settings settings{};
  std::vector<std::string> warnings{};
};

/// Removes the nodes that packages leave alone.
void leave_alone(Site& site, const Settings& settings);

/// `of_run`: what APT's configuration of this run has.
LoadedSettings load_settings(const std::map<std::string, std::string>& of_run = {});

}  // namespace erlrc
