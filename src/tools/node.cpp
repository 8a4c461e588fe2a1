// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/installed_code.hpp>
#include <erlrc/coordinator/start_limit.hpp>
#include <erlrc/engine/sync.hpp>
#include <erlrc/report/comparison.hpp>
#include <erlrc/site/register.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/site/registry_text.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/site/start_rule.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/group.hpp>
#include <erlrc/sys/user.hpp>

#include "arguments.hpp"

namespace erlrc {
namespace {

const std::string tool = "erlrc-node";

struct RegisterOptions {
  std::optional<std::string> cookie_file;
  std::optional<std::string> copy_cookie;
  std::optional<std::string> group;
  std::optional<std::string> user;
  std::optional<std::string> port;
  std::optional<std::string> epmd_port;
  std::optional<std::string> start;
};

/// How long a node that is being registered has to answer.
constexpr milliseconds patience{5'000};

std::optional<std::uint16_t> port_option(const std::optional<std::string>& text, const std::string& option) {
  if (!text) return std::nullopt;
  const auto port = parse_port(*text);
  if (!port) throw UsageError(option + ": expected a number from 1 to 65535, got " + printable(*text));
  return port;
}

std::variant<Cookie, CookieFile> cookie_of(const RegisterOptions& options) {
  const auto& path = options.cookie_file ? options.cookie_file : options.copy_cookie;
  if (!path) return parse_cookie(read_standard_input(), "standard input");
  if (path->empty()) throw UsageError("the cookie file name is empty");
  if (options.cookie_file) return CookieFile{absolute_path(*path)};
  return parse_cookie(read_secret_file(*path), *path);
}

int register_one(const std::string& name, const RegisterOptions& options, Streams& streams) {
  NodeRegistration node{parse_node_name(name), Cookie(""), port_option(options.port, "--port"),
                        port_option(options.epmd_port, "--epmd-port"), std::nullopt};
  node.start = options.start ? parse_start_rule(*options.start, "--start")
                             : StartRule{StartRule::Kind::running, {}};  // until the node has answered
  if (options.group) node.group = find_group(*options.group);
  node.cookie = cookie_of(options);
  node.user = options.user;
  if (options.user) find_user(*options.user);
  // A copied cookie no longer shows whose it is.
  if (!options.user && options.copy_cookie) node.user = owner_besides_root(*options.copy_cookie);
  register_node(erlrc_root(), node);
  if (options.start) {
    const std::string problem = try_entry(erlrc_root(), node.name, after(patience));
    streams.out +=
        tool + ": (" + name + ") registered" + (problem.empty() ? "" : ", but: " + one_line(problem)) + "\n";
    return 0;
  }
  const StartRuleFound found = find_start_rule(erlrc_root(), node.name, after(patience));
  node.start = found.rule;
  register_node(erlrc_root(), node);
  streams.out += fmt::format("{}: ({}) registered with start = {}: {}\n", tool, name, to_string(found.rule),
                             one_line(found.why));
  return 0;
}

int unregister_one(const std::string& name, Streams& streams) {
  const bool was_there = unregister_node(erlrc_root(), parse_node_name(name));
  streams.out += fmt::format("{}: ({}) {}\n", tool, name, was_there ? "unregistered" : "not_registered");
  return 0;
}

int make_cookie(const std::string& path, Streams& streams) {
  if (path.empty()) throw UsageError("the cookie file name is empty");
  streams.out += tool + ": " + path + (make_cookie_file(path) ? " made\n" : " kept\n");
  return 0;
}

int list_status(Streams& streams) {
  int code = 0;
  const Site site = load_site();
  for (const NodeSync& one : sync_nodes(site, settings_for(tool, streams), true, after(patience))) {
    streams.out += one_line(one.node) + " " + std::string(to_string(one.state));
    if (!one.lines.empty()) streams.out += ": " + one_line(join(one.lines, "; "));
    streams.out += "\n";
    if (one.state != NodeSync::State::in_sync && one.state != NodeSync::State::down) code = 1;
  }
  return code;
}

int list_all(bool json, Streams& streams) {
  const Registry registry = load_registry(erlrc_root());
  streams.out += json ? to_json(registry) : to_text(registry);
  if (!json)
    for (const BadEntry& entry : registry.bad)
      streams.err += tool + ": " + one_line(entry.error) + "\n";
  return registry.bad.empty() ? 0 : 1;
}

int compare_one(const std::string& name, const std::string& timeout, bool json, Streams& streams) {
  const Deadline until = after(parse_seconds(timeout, "--timeout"));
  const NodeEntry node = the_node(load_site(), name);
  const auto found = within(to_string(node.name), [&] {
    auto comparison = compare_with_disk(node, until);
    if (!comparison) throw Error("node is down");
    return *std::move(comparison);
  });
  const std::string shown = to_string(node.name);
  streams.out += json ? to_json(shown, found) : to_text(tool, shown, found);
  return found.differences.empty() ? 0 : 1;
}

void add_register_options(CLI::App& command, RegisterOptions& options) {
  auto* file =
      command
          .add_option("--cookie-file", options.cookie_file, "The file that contains the cookie from now on")
          ->type_name("FILE");
  command.add_option("--copy-cookie", options.copy_cookie, "Copy the cookie from this file")
      ->type_name("FILE")
      ->excludes(file);
  command.add_option("--group", options.group, "Group that may read the entry")->type_name("GROUP");
  command.add_option("--user", options.user, "User that runs the node")->type_name("USER");
  command.add_option("--port", options.port, "The port of the node itself, if epmd does not know it")
      ->type_name("PORT");
  command.add_option("--epmd-port", options.epmd_port, "The port of its epmd")->type_name("PORT");
  command
      .add_option("--start", options.start,
                  "What packages may start there: all, running, none, or applications")
      ->type_name("APPS");
}

}  // namespace

int node_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "register|unregister|list|compare|cookie [NAME|FILE]",
                     "Register the Erlang nodes of this host, which are kept in sync with its packages.");
    line.app.require_subcommand(1);
    RegisterOptions options;
    std::string name;
    bool json = false, status = false;
    std::string timeout = "60";
    auto* enter = line.app.add_subcommand("register",
                                          "Register a node; without an option for its cookie, "
                                          "the cookie is read from standard input");
    enter->add_option("NAME", name, "The node's name, with or without its host")->required();
    add_register_options(*enter, options);
    auto* leave = line.app.add_subcommand("unregister", "Unregister a node");
    leave->add_option("NAME", name, "As it was registered")->required();
    auto* cookie = line.app.add_subcommand("cookie", "Make a file with a random cookie, unless it exists");
    cookie->add_option("FILE", name, "The .erlang.cookie in the home directory of the node's user")
        ->required();
    auto* list = line.app.add_subcommand("list", "Print the registered nodes");
    list->add_flag("--json", json, "Print one record of JSON instead of text");
    list->add_flag("--status", status, "Ask each node, and print whether it runs what is installed");
    auto* compare = line.app.add_subcommand("compare", "Compare the code that a node runs with the disk");
    compare->add_option("NAME", name, "As it was registered")->required();
    compare->add_flag("--json", json, "Print one record of JSON instead of text");
    add_timeout_option(*compare, timeout);
    if (const auto code = line.parse(args, streams)) return *code;

    if (*enter) return register_one(name, options, streams);
    if (*leave) return unregister_one(name, streams);
    if (*cookie) return make_cookie(name, streams);
    if (*compare) return compare_one(name, timeout, json, streams);
    return status ? list_status(streams) : list_all(json, streams);
  });
}

}  // namespace erlrc
