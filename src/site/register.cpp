// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/register.hpp>

#include <vector>

#include <fmt/format.h>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/site/start_rule.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/network.hpp>
#include <erlrc/sys/random.hpp>
#include <erlrc/sys/socket.hpp>
#include <erlrc/sys/user.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

void check_name(const NodeName& name) {
  if (is_leftover(to_string(name)))
    throw UsageError("node name " + printable(to_string(name)) +
                     ": a file of that name would be taken for one that an editor or package manager left");
}

/// epmd knows one node of each name, so n1 and n1@host are the same node, unless one of them has a port of
/// its own.
void check_other_name(const fs::path& nodes, const NodeRegistration& node) {
  if (node.port || node.epmd_port || node.network) return;
  for (const std::string& other : directory_names(nodes).value_or(std::vector<std::string>{})) {
    if (is_leftover(other) || other == to_string(node.name)) continue;
    const std::string alive = other.substr(0, other.find('@'));
    const bool same_host = alive.size() != other.size() && node.name.host;
    if (alive == node.name.alive && !same_host)
      throw Error("node " + to_string(node.name) + ": registered already as " + other);
  }
}

std::string cookie_line(const std::variant<Cookie, CookieFile>& cookie) {
  return std::visit(
      Overload{[](const Cookie& given) { return "cookie = " + given.reveal() + "\n"; },
               [](const CookieFile& file) { return "cookie_file = " + file.path.string() + "\n"; }},
      cookie);
}

std::string content_of(const NodeRegistration& node) {
  std::string content = cookie_line(node.cookie);
  if (node.user) content += "user = " + *node.user + "\n";
  if (node.port) content += "port = " + std::to_string(*node.port) + "\n";
  if (node.epmd_port) content += "epmd_port = " + std::to_string(*node.epmd_port) + "\n";
  if (node.start != StartRule{}) content += "start = " + to_string(node.start) + "\n";
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) content += std::string(key) + " = " + value + "\n";
  };
  add("address", node.address.value_or(""));
  add("network", node.network.value_or(""));
  if (!node.tls) return content;
  add("proto", "tls");
  add("tls_ca", node.tls->ca_file);
  add("tls_name", node.tls->name);
  add("tls_certificate", node.tls->certificate_file);
  add("tls_key", node.tls->key_file);
  return content;
}

/// A value in a line must not end that line, nor end in white space, which the reader of the line would
/// strip.
void check_value(const std::string& what, const std::string& value) {
  if (has_control(value) || trim(value) != value)
    throw UsageError(what + " " + printable(value) +
                     ": expected text without control characters, without blanks at its ends");
}

void check_reach(const NodeRegistration& node) {
  if (node.address && !is_address(*node.address))
    throw UsageError("--address: expected one of IPv4 or IPv6, got " + printable(*node.address));
  if (node.network && !is_network_name(*node.network))
    throw UsageError("--network: expected the name of a network namespace, or an absolute path, got " +
                     printable(*node.network));
  if (!node.tls) return;
  check_value("--tls-ca", node.tls->ca_file);
  check_value("--tls-name", node.tls->name);
  check_value("--tls-certificate", node.tls->certificate_file);
  check_value("--tls-key", node.tls->key_file);
}

void check_cookie_file(const CookieFile& file) {
  const std::string path = file.path.string();
  check_value("cookie file", path);
  parse_cookie(read_secret_file(file.path), path);
}

void prepare_directory(const fs::path& root, std::optional<gid_t> group) {
  const fs::path nodes = root / "nodes";
  make_directory(root, 0755);
  if (make_directory(nodes, 0750, group)) return;
  const auto status = file_status(nodes);
  if (!status || status->kind != FileStatus::Kind::directory)
    throw Error(nodes.string() + ": not a directory");
  if ((status->mode & 0002U) != 0)
    throw Error(nodes.string() + ": writable by others: chmod 0750 " + nodes.string());
  const bool reached = !group || status->group == *group || (status->mode & 0001U) != 0;
  if (reached) return;
  if (status->group != 0)
    throw Error(fmt::format("{}: belongs to group {}, so group {} could not reach what is in it",
                            nodes.string(), status->group, *group));
  set_group(nodes, *group);
}

/// 128 unpredictable bits, in characters that every reader of a cookie accepts.
std::string random_cookie() {
  std::string letters;
  for (int i = 0; i < 4; ++i)
    for (std::uint32_t bits = random_number(), nibble = 0; nibble < 8; ++nibble, bits >>= 4)
      letters += static_cast<char>('A' + (bits & 0xfU));
  return letters;
}

}  // namespace

void register_node(const fs::path& root, const NodeRegistration& node) {
  check_name(node.name);
  check_reach(node);
  if (const auto* file = std::get_if<CookieFile>(&node.cookie)) check_cookie_file(*file);
  const fs::path nodes = root / "nodes";
  check_other_name(nodes, node);
  prepare_directory(root, node.group);
  write_file_atomically(nodes / to_string(node.name), content_of(node), node.group ? 0640 : 0600, node.group);
}

std::optional<std::string> owner_besides_root(const fs::path& file) {
  const auto status = visible_status(file);
  return status && status->owner != 0 ? std::optional(user_name(status->owner)) : std::nullopt;
}

bool unregister_node(const fs::path& root, const NodeName& name) {
  check_name(name);
  return remove_file(root / "nodes" / to_string(name));
}

bool make_cookie_file(const std::filesystem::path& path) {
  if (file_status(path)) {
    parse_cookie(read_secret_file(path), path.string());
    return false;
  }
  write_file_atomically(path, random_cookie(), 0400);
  return true;
}

}  // namespace erlrc
