// SPDX-License-Identifier: BSD-3-Clause
#include "moved_apps.hpp"

#include <algorithm>
#include <variant>

#include <erlrc/transaction/requests.hpp>

namespace erlrc {
namespace {

bool stops(const Request& request) {
  return std::holds_alternative<Request::Stop>(request.what);
}

/// The application as another package ships it, which is installed and stays so.
const PackagedApp* shipped_by_another(const Atom& app, const std::string& package, const Snapshot& snapshot) {
  for (const auto& [name, other] : *snapshot.packages) {
    const bool counts = name != package && !other.half_installed && !snapshot.removed.contains(name) &&
                        other.member && other.member->policy == PackagePolicy::hot;
    if (!counts) continue;
    const auto found = std::ranges::find(other.member->apps, app, &PackagedApp::app);
    if (found != other.member->apps.end()) return &*found;
  }
  return nullptr;
}

}  // namespace

bool stops_any(const std::vector<Request>& requests) {
  return std::ranges::any_of(requests, stops);
}

std::vector<Request> leave_to_others(const std::string& package, std::vector<Request> requests,
                                     const Snapshot& snapshot) {
  if (!snapshot.packages) return requests;
  for (Request& request : requests) {
    const PackagedApp* other = stops(request) ? shipped_by_another(request.app, package, snapshot) : nullptr;
    if (other == nullptr) continue;
    const Version& version = *version_before(request);
    const PackagedApp own{request.app, version.vsn, *version.location};
    request = for_nodes(request.nodes, change_all({own}, {*other}, std::set<Atom>{})).front();
  }
  return requests;
}

}  // namespace erlrc
