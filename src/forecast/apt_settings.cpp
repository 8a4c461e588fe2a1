// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/forecast/apt_settings.hpp>

#include <string>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/environment.hpp>

namespace erlrc {

PreflightMode preflight_mode(const AptConfig& config) {
  const std::string text = config.value("Erlrc::Preflight").value_or("");
  if (text == "report" || text.empty()) return PreflightMode::report;
  if (text == "refuse") return PreflightMode::refuse;
  if (text == "leave") return PreflightMode::leave;
  if (text == "off") return PreflightMode::off;
  throw Error("Erlrc::Preflight: " + printable(text) + ": expected report, refuse, leave or off");
}

bool apt_hooks_are_off(const AptConfig& config) {
  const std::string value = config.value("Erlrc::Hooks").value_or("");
  if (!value.empty() && value != "on" && value != "off")
    throw Error("Erlrc::Hooks: " + printable(value) + ": expected on or off");
  return value == "off" || environment("ERLRC_HOOKS") == "off";
}

bool is_this_system(const AptConfig& config) {
  const auto root = [&](const char* name) { return config.value(name).value_or("/"); };
  const auto here = [](const std::string& path) { return path.find_first_not_of('/') == std::string::npos; };
  return here(root("Dir")) && here(root("RootDir")) && here(root("DPkg::Chroot-Directory"));
}

std::filesystem::path admin_directory(const AptConfig& config) {
  const std::filesystem::path status = config.value("Dir::State::status").value_or("");
  return status.is_absolute() ? status.parent_path() : std::filesystem::path("/var/lib/dpkg");
}

}  // namespace erlrc
