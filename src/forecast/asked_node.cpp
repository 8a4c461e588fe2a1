// SPDX-License-Identifier: BSD-3-Clause
#include "asked_node.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/coordinator/replaced_erlang.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/node/observe.hpp>
#include <erlrc/node/same_files.hpp>
#include <erlrc/sys/parallel.hpp>

namespace erlrc {
namespace {

/// The places that are other files for the node.
std::vector<std::string> foreign_among(const std::vector<std::string>& places, const AskedNode& node) {
  std::vector<std::string> foreign;
  std::ranges::copy_if(places, std::back_inserter(foreign), [&](const std::string& place) {
    return std::ranges::find(node.foreign, place) != node.foreign.end();
  });
  return foreign;
}

void ask(AskedNode& visit, const KnownPorts& ports, Deadline until) {
  try {
    auto [rpc, state, seen] = connect_and_observe(*visit.entry, {}, until, ports);
    visit.rpc = std::move(rpc);
    visit.state = std::move(state);
    if (visit.rpc) visit.replaced = replaced_erlang(*visit.entry, visit.state);
  } catch (const OtherSystem& other) {
    visit.other_system = other.what();
  } catch (const NameTaken&) {
    visit.rpc.reset();  // it is down
  } catch (const std::exception& error) {
    visit.error = message_of(error, "asking the node");
  }
}

}  // namespace

void leave_out_other_systems(std::vector<AskedNode>& visits, const Transaction& transaction, Deadline until,
                             std::vector<std::string>& notes) {
  std::set<std::string> places;
  for (const Transaction::Item& item : transaction.items())
    std::ranges::move(places_of(item.request), std::inserter(places, places.end()));
  const std::vector<std::string> all(places.begin(), places.end());
  rethrow_first(for_each_parallel(
      visits.size(),
      [&](std::size_t i) {
        AskedNode& visit = visits[i];
        if (!visit.rpc) return;
        try {
          visit.foreign = foreign_files(*visit.rpc, all, until);
        } catch (const std::exception& error) {
          visit.error = message_of(error, "asking the node");
          visit.rpc.reset();
        }
      },
      threads_as_needed));
  for (AskedNode& visit : visits) {
    const bool skipped = std::ranges::any_of(
        transaction.items(), [&](const Transaction::Item& item) { return is_skipped(visit, item.request); });
    if (skipped) visit.other_system = other_system(visit.foreign);
    if (!visit.other_system.empty())
      notes.push_back("node " + visit.name +
                      " is skipped, as it belongs to another system: " + visit.other_system);
  }
  std::erase_if(visits, [&](const AskedNode& visit) {
    return !visit.other_system.empty() && visit.foreign.size() == (visit.rpc ? all.size() : 0);
  });
}

bool is_for(const AskedNode& node, const Request& request) {
  return !request.nodes || std::ranges::any_of(*request.nodes, [&](const std::string& text) {
    return may_be_same(parse_node_name(text), node.entry->name);
  });
}

bool is_skipped(const AskedNode& node, const Request& request) {
  const auto places = places_of(request);
  return is_of_other_system(places, foreign_among(places, node));
}

std::optional<std::string> cannot_see(const AskedNode& node, const Request& request) {
  const auto foreign = foreign_among(places_of(request), node);
  return foreign.empty() ? std::nullopt : std::optional(unseen(foreign));
}

std::vector<AskedNode> ask_nodes(const Registry& registry, Deadline until) {
  std::vector<AskedNode> visits;
  for (const NodeEntry& entry : registry.nodes)
    visits.push_back({&entry, to_string(entry.name)});
  const KnownPorts ports = ask_for_ports(registry.nodes, until);
  rethrow_first(for_each_parallel(
      visits.size(), [&](std::size_t i) { ask(visits[i], ports, until); }, threads_as_needed));
  std::erase_if(visits, [](const AskedNode& visit) {
    return !visit.rpc && visit.error.empty() && visit.other_system.empty();
  });
  for (const BadEntry& bad : registry.bad) {
    visits.push_back({nullptr, bad.file});
    visits.back().error = bad.error;
  }
  std::ranges::stable_sort(visits, {}, &AskedNode::name);
  return visits;
}

}  // namespace erlrc
