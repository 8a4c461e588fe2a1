// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/pkg/apt_settings.hpp>

#include <string>
#include <utility>

#include <erlrc/coordinator/settings.hpp>

namespace erlrc {

std::map<std::string, std::string> settings_in(const AptConfig& config) {
  std::map<std::string, std::string> settings;
  for (const SettingName& name : setting_names())
    if (auto value = config.value(std::string(name.apt)); value && !value->empty())
      settings[std::string(name.key)] = *std::move(value);
  return settings;
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
