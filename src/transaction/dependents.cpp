// SPDX-License-Identifier: BSD-3-Clause
#include "dependents.hpp"

#include <iterator>
#include <ranges>
#include <utility>

#include <erlrc/transaction/requests.hpp>

#include "candidates.hpp"
#include "hand_over.hpp"
#include "moved_apps.hpp"

namespace erlrc {
namespace {

Request stop(const Dependent& one) {
  return {one.app.app, Request::Stop{{one.app.vsn, one.app.location}}, one.nodes};
}

/// Whether nodes change to the version of another package instead of stopping it.
bool moves(const Dependent& one, const Snapshot& snapshot) {
  return comes_with_another(one.app.app, snapshot) ||
         shipped_by_another(one.app.app, one.package, snapshot) != nullptr;
}

}  // namespace

void stop_dependents(const Snapshot& snapshot, PackageActions& actions, PackageActions& questions) {
  std::vector<Request> stops;
  for (const Dependent& one : snapshot.dependents) {
    if (moves(one, snapshot)) continue;
    if (one.removed) {
      stops.push_back(stop(one));
    } else if (snapshot.moment == Moment::about_to_remove &&
               ask({Ask::What::would_change, {stop(one)}}, snapshot, questions)) {
      actions.push_back(Warn{snapshot.package + ": nodes keep running " + one.app.app.name + " " +
                             one.app.vsn + ", which needs it"});
    }
  }
  if (!stops.empty()) actions.push_back(Execute{std::move(stops), Execute::How::each});
}

std::vector<Request> start_dependents(const Snapshot& snapshot) {
  std::vector<Request> starts;
  for (const Dependent& one : std::views::reverse(snapshot.dependents))
    std::ranges::move(for_nodes(one.nodes, start_all({one.app}, snapshot.desired)),
                      std::back_inserter(starts));
  return starts;
}

}  // namespace erlrc
