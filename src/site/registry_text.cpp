// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/registry_text.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/site/start_rule.hpp>
#include <erlrc/sys/user.hpp>

namespace erlrc {
namespace {

/// The keys of an entry that say how to reach it, and their values; those that are missing are left out.
std::vector<std::pair<std::string, std::string>> texts_of(const NodeEntry& node) {
  std::vector<std::pair<std::string, std::string>> all;
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) all.emplace_back(key, value);
  };
  add("address", node.address.value_or(""));
  add("network", node.network.value_or(""));
  if (!node.tls) return all;
  add("proto", "tls");
  add("tls_ca", node.tls->ca_file);
  add("tls_name", node.tls->name);
  add("tls_certificate", node.tls->certificate_file);
  add("tls_key", node.tls->key_file);
  return all;
}

}  // namespace

std::string to_json(const Registry& registry) {
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
  for (const NodeEntry& node : registry.nodes) {
    nlohmann::ordered_json row{{"name", to_string(node.name)}};
    if (node.user) row["user"] = user_name(*node.user);
    if (node.port) row["port"] = *node.port;
    if (node.epmd_port) row["epmd_port"] = *node.epmd_port;
    for (const auto& [key, value] : texts_of(node))
      row[key] = value;
    row["start"] = to_string(node.start);
    nodes.push_back(std::move(row));
  }
  nlohmann::ordered_json bad = nlohmann::ordered_json::array();
  for (const BadEntry& entry : registry.bad)
    bad.push_back({{"file", printable(entry.file)}, {"error", entry.error}});
  return nlohmann::ordered_json{{"nodes", nodes}, {"bad", bad}}.dump(
             -1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

std::string to_text(const Registry& registry) {
  std::string text;
  for (const NodeEntry& node : registry.nodes) {
    text += to_string(node.name);
    if (node.user) text += " user=" + user_name(*node.user);
    if (node.port) text += " port=" + std::to_string(*node.port);
    if (node.epmd_port) text += " epmd_port=" + std::to_string(*node.epmd_port);
    for (const auto& [key, value] : texts_of(node))
      text += " " + key + "=" + one_line(value);
    if (node.start != StartRule{}) {
      std::string rule = to_string(node.start);
      std::ranges::replace(rule, ' ', ',');
      text += " start=" + rule;
    }
    text += "\n";
  }
  return text;
}

}  // namespace erlrc
