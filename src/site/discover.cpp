// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/site/discover.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/socket_table.hpp>
#include <erlrc/sys/user.hpp>

namespace erlrc {
namespace {

namespace fs = std::filesystem;

/// The value after the last argument `name`, but for those of the user's program.
std::optional<std::string> value_of(const std::vector<std::string>& arguments, std::string_view name) {
  std::optional<std::string> found;
  for (std::size_t i = 1; i + 1 < arguments.size() && arguments[i] != "-extra"; ++i)
    if (arguments[i] == name) found = arguments[i + 1];
  return found;
}

std::optional<NodeName> name_of(const std::vector<std::string>& arguments) {
  for (const char* option : {"-sname", "-name"})
    if (const auto given = value_of(arguments, option)) {
      try {
        return parse_node_name(*given);
      } catch (const UsageError&) {
        return std::nullopt;
      }
    }
  return std::nullopt;
}

/// As auth(3) looks for it.
void find_cookie(const Emulator& emulator, RunningNode& node) {
  const std::string home =
      value_of(emulator.arguments, "-home").value_or(environment_of(emulator.pid, "HOME").value_or(""));
  if (home.empty() || home.front() != '/') return;
  const std::string config =
      environment_of(emulator.pid, "XDG_CONFIG_HOME").value_or((fs::path(home) / ".config").string());
  for (const fs::path& file : {fs::path(home) / ".erlang.cookie", fs::path(config) / "erlang/.erlang.cookie"})
    if (const auto status = visible_status(file); status && status->kind == FileStatus::Kind::file) {
      node.cookie = file;
      node.cookie_owner = status->owner;
      return;
    }
}

bool is_tls(const std::string& protocol) {
  return protocol == "inet_tls" || protocol == "inet6_tls";
}

bool is_known(const std::string& protocol) {
  return protocol.empty() || protocol == "inet_tcp" || protocol == "inet6_tcp" || is_tls(protocol);
}

}  // namespace

std::optional<RunningNode> running_node(const Emulator& emulator) {
  auto name = name_of(emulator.arguments);
  if (!name) return std::nullopt;
  RunningNode node{*std::move(name), emulator.pid, emulator.user};
  node.cookie_in_arguments = value_of(emulator.arguments, "-setcookie").has_value();
  node.protocol = value_of(emulator.arguments, "-proto_dist").value_or("");
  node.without_epmd = value_of(emulator.arguments, "-start_epmd") == "false" ||
                      value_of(emulator.arguments, "-epmd_module").has_value();
  if (const auto port = value_of(emulator.arguments, "-erl_epmd_port")) node.port = parse_port(*port);
  return node;
}

std::vector<RunningNode> find_running_nodes(const Registry& registry) {
  std::vector<RunningNode> found;
  for (const Emulator& emulator : emulators()) {
    auto node = running_node(emulator);
    if (!node) continue;
    if (!node->cookie_in_arguments) find_cookie(emulator, *node);
    if (const auto port = environment_of(emulator.pid, "ERL_EPMD_PORT")) node->epmd_port = parse_port(*port);
    node->listens = listening_ports_of(emulator.pid);
    node->network = foreign_network_of(emulator.pid);
    const auto entry = std::ranges::find_if(registry.nodes, [&](const NodeEntry& one) {
      return may_be_same(one.name, node->name) && may_run(one, node->user) &&
             one.network.has_value() == node->network.has_value();
    });
    if (entry != registry.nodes.end()) node->entry = to_string(entry->name);
    found.push_back(*std::move(node));
  }
  return found;
}

RegisterAdvice advice_for(const RunningNode& node) {
  if (!is_known(node.protocol))
    return {{}, "it was started with -proto_dist " + printable(node.protocol) + ", which erlrc cannot speak"};
  RegisterAdvice advice{{"erlrc-node", "register"}};
  const auto add = [&](const std::string& option, const std::string& value) {
    advice.command.push_back(option);
    advice.command.push_back(value);
  };
  const bool is_own = node.cookie && (node.user == 0 || node.user == node.cookie_owner);
  if (is_own) add("--cookie-file", node.cookie->string());
  if (node.user != 0 && node.user != node.cookie_owner.value_or(0)) add("--user", user_name(node.user));
  if (node.port) add("--port", std::to_string(*node.port));
  if (node.epmd_port && !node.port) add("--epmd-port", std::to_string(*node.epmd_port));
  if (node.network) add("--network", *node.network);
  if (is_tls(node.protocol)) advice.command.emplace_back("--tls");
  advice.command.push_back(to_string(node.name));
  if (node.cookie_in_arguments) {
    advice.remark = "its cookie is in its arguments, where every user can read it; give it on standard input";
  } else if (!node.cookie) {
    advice.remark = "its cookie file was not found; give the cookie on standard input";
  } else if (!is_own) {
    // Its arguments and its environment are its user's choice. Erlang reads no cookie file that more than its
    // owner can.
    advice.remark = printable(node.cookie->string()) + " belongs to user " +
                    user_name(node.cookie_owner.value_or(0)) +
                    ", so it is not its cookie; give the cookie on standard input";
  } else if (node.without_epmd && !node.port) {
    advice.remark = "it uses no epmd of this host: add --port, one of those on which it listens";
  } else if (node.network && node.network->starts_with('/')) {
    advice.remark = "its network has no name, and this one ends with the process; see ip-netns(8)";
  }
  return advice;
}

}  // namespace erlrc
