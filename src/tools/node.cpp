// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <string>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/installed_code.hpp>
#include <erlrc/engine/sync.hpp>
#include <erlrc/report/comparison.hpp>
#include <erlrc/site/register.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/site/registry_text.hpp>
#include <erlrc/site/site.hpp>
#include <erlrc/sys/deadline.hpp>

#include "arguments.hpp"
#include "node_discover.hpp"
#include "node_register.hpp"

namespace erlrc {
namespace {

const std::string tool = "erlrc-node";

/// How long the nodes have to answer in a list.
constexpr milliseconds patience{5'000};

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

}  // namespace

int node_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(tool, streams, [&] {
    CommandLine line(tool, "register|unregister|list|compare|discover|check|cookie [NAME|FILE]",
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
    auto* running = line.app.add_subcommand("discover", "Print the nodes that run on this host");
    running->add_flag("--json", json, "Print one record of JSON instead of text");
    auto* check = line.app.add_subcommand("check", "Go the way to a node step by step");
    check->add_option("NAME", name, "As it was registered")->required();
    if (const auto code = line.parse(args, streams)) return *code;

    if (*enter) return register_one(name, options, streams);
    if (*leave) return unregister_one(name, streams);
    if (*cookie) return make_cookie(name, streams);
    if (*compare) return compare_one(name, timeout, json, streams);
    if (*running) return discover(json, streams);
    if (*check) return check_one(name, streams);
    return status ? list_status(streams) : list_all(json, streams);
  });
}

}  // namespace erlrc
