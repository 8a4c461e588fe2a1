// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/settings.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/plan/policy_text.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

constexpr std::size_t largest_settings = std::size_t{256} << 10;

bool parse_switch(const std::string& value, const std::string& source) {
  if (value == "on") return true;
  if (value == "off") return false;
  throw UsageError(source + ": " + printable(value) + ": expected on or off");
}

PreflightMode parse_preflight_mode(const std::string& value, const std::string& source) {
  if (value == "report") return PreflightMode::report;
  if (value == "refuse") return PreflightMode::refuse;
  if (value == "leave") return PreflightMode::leave;
  if (value == "off") return PreflightMode::off;
  throw UsageError(source + ": " + printable(value) + ": expected report, refuse, leave or off");
}

OnRefusal parse_on_refusal(const std::string& value, const std::string& source) {
  if (value == "refuse") return OnRefusal::refuse;
  if (value == "leave") return OnRefusal::leave;
  if (value == "restart") return OnRefusal::restart;
  throw UsageError(source + ": " + printable(value) + ": expected refuse, leave or restart");
}

void set_own(OwnSettings& own, std::string_view key, const std::string& value) {
  if (key == "hooks") {
    own.hooks = parse_switch(value, "hooks");
  } else if (key == "on_refusal") {
    own.on_refusal = parse_on_refusal(value, "on_refusal");
  } else {
    throw UsageError("a section has no setting " + printable(key) + ", only hooks and on_refusal");
  }
}

/// Reads the lines of a file one after the other.
class Reader {
public:
  explicit Reader(Settings& settings) : settings_(settings) {}

  /// Throws UsageError. `column_` is then the place in the line.
  void read(std::string_view line) {
    const std::string_view text = trim(line);
    column_ = column_of(line, text);
    if (text.empty() || text.starts_with('#')) return;
    if (text.starts_with('[')) {
      section(text);
    } else {
      setting(line, text);
    }
  }

  std::size_t column() const { return column_; }

private:
  static std::size_t column_of(std::string_view line, std::string_view part) {
    return part.empty() ? 1 : static_cast<std::size_t>(part.data() - line.data()) + 1;
  }

  void section(std::string_view text) {
    own_ = nullptr;
    skips_ = true;
    const auto parts =
        text.ends_with(']') ? words(text.substr(1, text.size() - 2)) : std::vector<std::string_view>{};
    const bool known = parts.size() == 2 && (parts[0] == "node" || parts[0] == "package");
    if (!known) throw UsageError("expected [node NAME] or [package NAME]; the section is skipped");
    own_ = &(parts[0] == "node" ? settings_.nodes : settings_.packages)[std::string(parts[1])];
    skips_ = false;
  }

  void setting(std::string_view line, std::string_view text) {
    if (skips_) return;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) throw UsageError("expected key = value");
    const std::string_view key = trim(text.substr(0, equals));
    const std::string_view value = trim(text.substr(equals + 1));
    const bool known = own_ != nullptr ||
                       std::ranges::find(setting_names(), key, &SettingName::key) != setting_names().end();
    if (!known) throw UsageError("there is no setting " + printable(key));
    if (own_ == nullptr) column_ = column_of(line, value.empty() ? text : value);
    if (own_ != nullptr) {
      set_own(*own_, key, std::string(value));
    } else {
      set_setting(settings_, key, std::string(value), std::string(key));
    }
  }

  Settings& settings_;
  OwnSettings* own_ = nullptr;  ///< of the section; null: of all
  bool skips_ = false;          ///< the section is not known
  std::size_t column_ = 1;
};

template <typename Own>
bool hooks_of(const Own& all, const std::string& name) {
  const auto found = all.find(name);
  return found == all.end() || found->second.hooks.value_or(true);
}

}  // namespace

bool Settings::hooks_of_node(const std::string& node) const {
  return hooks_of(nodes, node);
}

bool Settings::hooks_of_package(const std::string& package) const {
  return hooks_of(packages, package);
}

OnRefusal Settings::on_refusal_of(const std::string& node, const std::string& package) const {
  for (const auto& [own, name] : {std::pair(&packages, &package), std::pair(&nodes, &node)})
    if (const auto found = own->find(*name); found != own->end() && found->second.on_refusal)
      return *found->second.on_refusal;
  return on_refusal.value_or(OnRefusal::refuse);
}

std::string SettingName::environment() const {
  std::string name = "ERLRC_" + std::string(key);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return name;
}

const std::vector<SettingName>& setting_names() {
  static const std::vector<SettingName> names{
      {"hooks", "Erlrc::Hooks"},          {"timeout", "Erlrc::Timeout"},
      {"preflight", "Erlrc::Preflight"},  {"preflight_timeout", "Erlrc::Preflight::Timeout"},
      {"on_refusal", "Erlrc::OnRefusal"}, {"retry", "Erlrc::Retry"},
      {"purge", "Erlrc::Purge"},          {"stranded", "Erlrc::Stranded"},
      {"records", "Erlrc::Records"},      {"pause", "Erlrc::Pause"},
      {"children", "Erlrc::Children"},    {"engine", "Erlrc::Engine"},
  };
  return names;
}

void set_setting(Settings& settings, std::string_view key, const std::string& value,
                 const std::string& source) {
  if (key == "hooks") {
    settings.hooks = parse_switch(value, source);
  } else if (key == "timeout") {
    settings.timeout = parse_seconds(value, source);
  } else if (key == "preflight") {
    settings.preflight = parse_preflight_mode(value, source);
  } else if (key == "preflight_timeout") {
    settings.preflight_timeout = parse_seconds(value, source);
  } else if (key == "on_refusal") {
    settings.on_refusal = parse_on_refusal(value, source);
  } else if (key == "retry") {
    settings.retry = parse_switch(value, source);
  } else {
    set_policy_part(settings.policy, key, value, source);
  }
}

std::vector<std::string> read_settings(std::string_view text, const std::string& file, Settings& settings) {
  std::vector<std::string> warnings;
  Reader reader(settings);
  Position at;
  for (const std::string_view line : lines(text)) {
    try {
      reader.read(line);
    } catch (const UsageError& error) {
      at.column = reader.column();
      warnings.emplace_back(SyntaxError(file, at, error.what()).what());
    }
    ++at.line;
  }
  return warnings;
}

void leave_alone(Site& site, const Settings& settings) {
  const auto is_off = [&](const std::string& node) { return !settings.hooks_of_node(node); };
  std::erase_if(site.registry.nodes, [&](const NodeEntry& entry) { return is_off(to_string(entry.name)); });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) { return is_off(bad.file); });
}

LoadedSettings load_settings(const std::map<std::string, std::string>& of_run) {
  LoadedSettings loaded;
  const std::filesystem::path file = erlrc_root() / "erlrc.conf";
  try {
    if (const auto text = read_file_if_exists(file, largest_settings))
      loaded.warnings = read_settings(*text, file.string(), loaded.settings);
  } catch (const Error& error) {
    loaded.warnings.emplace_back(error.what());
  }
  const auto set = [&](std::string_view key, const std::string& value, const std::string& source) {
    try {
      set_setting(loaded.settings, key, value, source);
    } catch (const UsageError& error) {
      loaded.warnings.emplace_back(error.what());
    }
  };
  for (const SettingName& name : setting_names()) {
    const auto given = of_run.find(std::string(name.key));
    if (given != of_run.end()) set(name.key, given->second, std::string(name.apt));
    if (const auto value = environment(name.environment())) set(name.key, *value, name.environment());
  }
  return loaded;
}

}  // namespace erlrc
