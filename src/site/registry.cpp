// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/registry.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/site/start_rule.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/network.hpp>
#include <erlrc/sys/socket.hpp>
#include <erlrc/sys/user.hpp>

// No message of this file quotes the content of a node's file: a misplaced cookie would end up in a log.

namespace erlrc {
namespace {

namespace fs = std::filesystem;

struct Setting {
  std::string_view key;
  std::string_view value;
  std::string where;  ///< FILE:LINE
};

/// A cookie has 255 characters at most, and a node's file a few lines.
constexpr std::size_t largest_secret = std::size_t{16} << 10;

constexpr std::array<std::string_view, 13> known_keys{
    "cookie",  "cookie_file", "user",   "port",     "epmd_port",       "start",  "address",
    "network", "proto",       "tls_ca", "tls_name", "tls_certificate", "tls_key"};

bool is_known(std::string_view key) {
  return std::ranges::find(known_keys, key) != known_keys.end();
}

/// A file of one word is the cookie alone, even if it contains a `=`, as cookies made by base64 do.
/// `cookie=x` is a setting.
bool is_cookie_alone(std::string_view content) {
  const auto found = words(content);
  if (found.empty()) return true;  // an empty cookie, which is reported as such
  return found.size() == 1 && !is_known(found.front().substr(0, found.front().find('=')));
}

std::vector<Setting> parse_settings(std::string_view content, const std::string& file) {
  std::vector<Setting> settings;
  std::size_t number = 0;
  for (const std::string_view line : lines(content)) {
    ++number;
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with('#')) continue;
    const std::string where = file + ":" + std::to_string(number);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) throw Error(where + ": not of the form key = value");
    Setting setting{trim(text.substr(0, equals)), trim(text.substr(equals + 1)), where};
    if (!is_known(setting.key))
      throw Error(where + ": unknown key; expected one of " + join(known_keys, ", "));
    if (std::ranges::find(settings, setting.key, &Setting::key) != settings.end())
      throw Error(where + ": " + std::string(setting.key) + " is given twice");
    settings.push_back(std::move(setting));
  }
  return settings;
}

const Setting* find_setting(const std::vector<Setting>& settings, std::string_view key) {
  const auto found = std::ranges::find(settings, key, &Setting::key);
  return found != settings.end() ? &*found : nullptr;
}

std::optional<std::uint16_t> port_setting(const std::vector<Setting>& settings, std::string_view key) {
  const Setting* setting = find_setting(settings, key);
  if (setting == nullptr) return std::nullopt;
  const auto port = parse_port(setting->value);
  if (!port) throw Error(setting->where + ": " + std::string(key) + ": expected a number from 1 to 65535");
  return port;
}

std::optional<uid_t> user_setting(const std::vector<Setting>& settings) {
  const Setting* setting = find_setting(settings, "user");
  if (setting == nullptr) return std::nullopt;
  try {
    return find_user(std::string(setting->value));
  } catch (const UsageError&) {
    throw Error(setting->where + ": user: not in /etc/passwd");
  }
}

struct OwnedCookie {
  Cookie cookie;
  uid_t owner;
};

OwnedCookie load_cookie(const fs::path& file) {
  const FileContent content = load_secret_file(file);
  return {parse_cookie(content.bytes, file.string()), content.status.owner};
}

/// `owner` is that of the entry.
OwnedCookie cookie_setting(const std::vector<Setting>& settings, const fs::path& file, uid_t owner) {
  const Setting* cookie = find_setting(settings, "cookie");
  const Setting* cookie_file = find_setting(settings, "cookie_file");
  if (cookie != nullptr && cookie_file != nullptr)
    throw Error(cookie_file->where + ": cookie and cookie_file are both given");
  if (cookie != nullptr) return {parse_cookie(cookie->value, cookie->where), owner};
  if (cookie_file == nullptr) throw Error(file.string() + ": no cookie");
  if (cookie_file->value.empty()) throw Error(cookie_file->where + ": cookie_file is empty");
  const fs::path other = file.parent_path() / cookie_file->value;  // an absolute path is kept
  return within(cookie_file->where, [&] { return load_cookie(other); });
}

StartRule start_setting(const std::vector<Setting>& settings) {
  const Setting* setting = find_setting(settings, "start");
  return setting == nullptr ? StartRule{} : parse_start_rule(setting->value, setting->where + ": start");
}

std::optional<std::string> address_setting(const std::vector<Setting>& settings) {
  const Setting* setting = find_setting(settings, "address");
  if (setting == nullptr) return std::nullopt;
  if (!is_address(std::string(setting->value)))
    throw Error(setting->where + ": address: expected one of IPv4 or IPv6");
  return std::string(setting->value);
}

std::optional<std::string> network_setting(const std::vector<Setting>& settings) {
  const Setting* setting = find_setting(settings, "network");
  if (setting == nullptr) return std::nullopt;
  if (!is_network_name(setting->value))
    throw Error(setting->where + ": network: expected the name of a network namespace, or an absolute path");
  return std::string(setting->value);
}

/// nullopt: the node speaks TCP.
std::optional<TlsSettings> tls_setting(const std::vector<Setting>& settings, const fs::path& directory) {
  const Setting* proto = find_setting(settings, "proto");
  if (proto != nullptr && proto->value != "tcp" && proto->value != "tls")
    throw Error(proto->where + ": proto: expected tcp or tls");
  const bool is_tls = proto != nullptr && proto->value == "tls";
  const auto value = [&](std::string_view key) {
    const Setting* setting = find_setting(settings, key);
    if (setting == nullptr) return std::string();
    if (!is_tls) throw Error(setting->where + ": " + std::string(key) + ": only with proto = tls");
    if (setting->value.empty()) throw Error(setting->where + ": " + std::string(key) + ": is empty");
    return std::string(setting->value);
  };
  const auto path = [&](std::string_view key) {
    const std::string given = value(key);
    return given.empty() ? given : (directory / given).string();  // an absolute path is kept
  };
  TlsSettings tls{path("tls_ca"), value("tls_name"), path("tls_certificate"), path("tls_key")};
  if (!tls.key_file.empty() && tls.certificate_file.empty())
    throw Error(find_setting(settings, "tls_key")->where + ": tls_key: only with tls_certificate");
  return is_tls ? std::optional(std::move(tls)) : std::nullopt;
}

NodeEntry load_node(const fs::path& file) {
  NodeName name = parse_node_name(file.filename().string());
  const FileContent content = load_secret_file(file);
  const uid_t owner = content.status.owner;
  if (is_cookie_alone(content.bytes))
    return {std::move(name), parse_cookie(content.bytes, file.string()), std::nullopt, std::nullopt, owner};
  const auto settings = parse_settings(content.bytes, file.string());
  OwnedCookie cookie = cookie_setting(settings, file, owner);
  return {std::move(name),
          std::move(cookie.cookie),
          port_setting(settings, "port"),
          port_setting(settings, "epmd_port"),
          cookie.owner,
          user_setting(settings),
          start_setting(settings),
          address_setting(settings),
          network_setting(settings),
          tls_setting(settings, file.parent_path())};
}

}  // namespace

fs::path erlrc_root() {
  return environment("ERLRC_ROOT").value_or("/etc/erlrc.d");
}

bool is_leftover(std::string_view name) {
  return name.starts_with('.') || name.ends_with('~') || name.find(".dpkg-") != std::string_view::npos ||
         name.ends_with(".rpmnew") || name.ends_with(".rpmsave") || name.ends_with(".rpmorig");
}

FileContent load_secret_file(const fs::path& path) {
  FileContent content = load_file_past_no_foreign_link(path, largest_secret);
  const bool readable = (content.status.mode & 0004U) != 0;
  const bool writable = (content.status.mode & 0002U) != 0;
  if (readable || writable)
    throw Error(path.string() + ": " + (readable ? "readable" : "writable") + " by others: chmod 0640 " +
                path.string());
  return content;
}

Bytes read_secret_file(const fs::path& path) {
  return load_secret_file(path).bytes;
}

Cookie parse_cookie(std::string_view text, const std::string& where) {
  const std::string_view secret = trim(text);
  if (secret.empty()) throw Error(where + ": the cookie is empty");
  if (std::ranges::any_of(secret, [](char c) { return c <= ' ' || c > '~'; }))
    throw Error(where + ": the cookie contains white space or a character that is not printable ASCII");
  return Cookie(std::string(secret));
}

Registry load_registry(const fs::path& root) {
  const fs::path directory = root / "nodes";
  const auto names = directory_names(directory);
  if (!names) throw UsageError(directory.string() + ": no such directory");
  Registry registry;
  for (const std::string& name : *names) {
    if (is_leftover(name)) continue;
    try {
      registry.nodes.push_back(load_node(directory / name));
    } catch (const std::exception& error) {
      // A node may be unregistered while we read.
      if (is_there(directory / name))
        registry.bad.push_back({name, message_of(error, (directory / name).string())});
    }
  }
  return registry;
}

}  // namespace erlrc
