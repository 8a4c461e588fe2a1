// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/coordinator/start_limit.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/node/same_files.hpp>
#include <erlrc/site/site.hpp>

namespace erlrc {
namespace {

/// The applications of OTP 23 to 29, and the one that boots a node by our means.
constexpr std::string_view with_erlang[] = {
    "asn1",       "common_test",  "compiler", "crypto",        "debugger", "dialyzer", "diameter", "edoc",
    "eldap",      "erl_docgen",   "erlrc",    "erl_interface", "et",       "eunit",    "ftp",      "hipe",
    "inets",      "jinterface",   "kernel",   "megaco",        "mnesia",   "observer", "odbc",     "os_mon",
    "parsetools", "public_key",   "reltool",  "runtime_tools", "sasl",     "snmp",     "ssh",      "ssl",
    "stdlib",     "syntax_tools", "tftp",     "tools",         "wx",       "xmerl"};

/// What the application needs, in the version that it will have.
const std::vector<Atom>* needs_of(const Atom& app, const NodeState& node, const NewNeeds& changes) {
  if (const auto changed = changes.find(app); changed != changes.end()) return &changed->second;
  const auto loaded = node.loaded.find(app);
  return loaded == node.loaded.end() ? nullptr : &loaded->second.applications;
}

/// Everything that the running applications need, directly or through others.
std::set<Atom> needed_by_running(const NodeState& node, const NewNeeds& changes) {
  std::vector<Atom> to_visit;
  for (const auto& [app, type] : node.running)
    to_visit.push_back(app);
  std::set<Atom> needed;
  while (!to_visit.empty()) {
    const Atom app = std::move(to_visit.back());
    to_visit.pop_back();
    const auto* needs = needs_of(app, node, changes);
    if (needs == nullptr) continue;
    for (const Atom& one : *needs)
      if (needed.insert(one).second) to_visit.push_back(one);
  }
  return needed;
}

}  // namespace

bool may_start(const Atom& app, const StartRule& rule, const NodeState& node, const PackageStarts& starts) {
  switch (rule.kind) {
    case StartRule::Kind::all:
      return true;
    case StartRule::Kind::running:
      return starts.ran.contains(app) || needed_by_running(node, starts.needs).contains(app);
    case StartRule::Kind::only:
      return rule.apps.contains(app);
  }
  return true;
}

bool would_start(const Request& request, const NodeState& node) {
  const auto* change = std::get_if<Request::Change>(&request.what);
  const bool starts =
      change != nullptr ? change->start : std::holds_alternative<Request::Start>(request.what);
  return starts && !runs(node, request.app) && !included_by(node, request.app);
}

std::vector<Atom> own_applications(const NodeState& node) {
  std::vector<Atom> own;
  for (const auto& [app, type] : node.running)
    if (std::ranges::find(with_erlang, app.name) == std::end(with_erlang)) own.push_back(app);
  return own;
}

std::string try_entry(const std::filesystem::path& root, const NodeName& name, Deadline until) {
  try {
    const Registry registry = only_node({load_registry(root), {}}, to_string(name)).registry;
    if (registry.nodes.empty()) return registry.bad.front().error;
    const NodeEntry& entry = registry.nodes.front();
    const auto rpc = connect(entry, until);
    if (!rpc) return "";
    const auto foreign = foreign_files(*rpc, {root.string()}, until);
    if (!foreign.empty()) return "it belongs to another system: " + other_system(foreign);
    return answers_as(entry, rpc->node()).value_or("");
  } catch (const Error& error) {
    return error.what();
  }
}

StartRuleFound find_start_rule(const std::filesystem::path& root, const NodeName& name, Deadline until) {
  const StartRule running{StartRule::Kind::running, {}};
  try {
    const Registry registry = only_node({load_registry(root), {}}, to_string(name)).registry;
    if (registry.nodes.empty()) return {running, "the entry cannot be used yet"};
    const auto [rpc, state, seen] = connect_and_observe(registry.nodes.front(), {}, until, {});
    if (!rpc) return {running, "the node is down"};
    if (const auto foreign = foreign_files(*rpc, {root.string()}, until); !foreign.empty())
      return {running, "the node belongs to another system: " + other_system(foreign)};
    if (state.loaded.contains(Atom{"erlrc"})) return {{}, "the node was booted by erlrc_boot"};
    const std::vector<Atom> own = own_applications(state);
    if (own.empty()) return {{}, "the node runs no applications of its own"};
    constexpr std::size_t few = 4;
    return {running, "the node runs " + join(own | std::views::take(few), ", ", &Atom::name) +
                         (own.size() > few ? ", .." : "")};
  } catch (const Error& error) {
    return {running, error.what()};
  }
}

}  // namespace erlrc
