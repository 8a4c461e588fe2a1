// SPDX-License-Identifier: BSD-3-Clause
#include "node_discover.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/node/check.hpp>
#include <erlrc/site/discover.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/user.hpp>
#include <nlohmann/json.hpp>

namespace erlrc {
namespace {

using Json = nlohmann::ordered_json;

const std::string tool = "erlrc-node";

/// How long a node that is being checked has to answer.
constexpr milliseconds patience{10'000};

/// For a shell. What a process chose as its arguments may be anything.
std::string shell_word(const std::string& word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("@%+=:,./_-").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  std::string quoted = "'";
  for (const char c : one_line(word))
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string command_of(const RegisterAdvice& advice) {
  return join(advice.command, " ", shell_word);
}

std::string ports_of(const RunningNode& node) {
  return join(node.listens, " ", [](std::uint16_t port) { return std::to_string(port); });
}

std::string text_of(const RunningNode& node) {
  std::string text = fmt::format("{}: process {} of user {}", one_line(to_string(node.name)), node.pid,
                                 user_name(node.user));
  if (!node.protocol.empty()) text += ", -proto_dist " + printable(node.protocol);
  if (!node.listens.empty()) text += ", listens on " + ports_of(node);
  if (node.network) text += ", network " + *node.network;
  if (node.entry) return text + ": registered as " + *node.entry + "\n";
  const RegisterAdvice advice = advice_for(node);
  text += ": not registered\n";
  if (!advice.remark.empty()) text += "  " + advice.remark + "\n";
  if (!advice.command.empty()) text += "  " + command_of(advice) + "\n";
  return text;
}

Json json_of(const RunningNode& node) {
  const RegisterAdvice advice = advice_for(node);
  return {{"name", to_string(node.name)},
          {"pid", node.pid},
          {"user", user_name(node.user)},
          {"protocol", node.protocol.empty() ? "inet_tcp" : node.protocol},
          {"listens", node.listens},
          {"network", node.network ? Json(*node.network) : Json()},
          {"registered", node.entry ? Json(*node.entry) : Json()},
          {"command", advice.command},
          {"remark", advice.remark}};
}

std::string line_of(const std::string& name, const CheckStep& step) {
  std::string line =
      fmt::format("{}: ({}) {}: {}: {}\n", tool, name, step.name, step.works ? "ok" : "FAILED", step.text);
  if (!step.advice.empty()) line += "  " + step.advice + "\n";
  return line;
}

}  // namespace

int discover(bool json, Streams& streams) {
  // Without a directory of entries, none is registered.
  const Registry registry = file_status(erlrc_root() / "nodes") ? load_registry(erlrc_root()) : Registry{};
  Json records = Json::array();
  for (const RunningNode& node : find_running_nodes(registry)) {
    if (json) {
      records.push_back(json_of(node));
    } else {
      streams.out += text_of(node);
    }
  }
  if (json)
    streams.out += Json{{"nodes", records}}.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
  return 0;
}

int check_one(const std::string& name, Streams& streams) {
  parse_node_name(name);
  const std::string file = (erlrc_root() / "nodes" / name).string();
  const Registry registry = load_registry(erlrc_root());
  const auto bad = std::ranges::find(registry.bad, name, &BadEntry::file);
  const auto entry =
      std::ranges::find_if(registry.nodes, [&](const NodeEntry& one) { return to_string(one.name) == name; });
  std::vector<CheckStep> steps;
  if (bad != registry.bad.end()) {
    steps.push_back({"entry", false, one_line(bad->error)});
  } else if (entry == registry.nodes.end()) {
    steps.push_back(
        {"entry", false, file + ": no such file", "erlrc-node discover prints the running nodes"});
  } else {
    steps.push_back({"entry", true, file + ": readable, with a cookie"});
    std::ranges::move(check_node(*entry, after(patience)), std::back_inserter(steps));
  }
  for (const CheckStep& step : steps)
    streams.out += line_of(name, step);
  return std::ranges::all_of(steps, &CheckStep::works) ? 0 : 1;
}

}  // namespace erlrc
