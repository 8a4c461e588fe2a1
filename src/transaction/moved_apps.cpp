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

/// `request` stops an application, or has left it to another package. Returns whether `taker`, which starts
/// it, changes it from now on.
bool take(const Request& request, PackageChange& taker) {
  const auto start = std::ranges::find_if(taker.requests, [&](const Request& one) {
    return std::holds_alternative<Request::Start>(one.what) && one.app == request.app &&
           one.nodes == request.nodes;
  });
  if (start == taker.requests.end()) return false;
  if (!stops(request)) {
    if (*version_after(request) == *version_after(*start)) taker.requests.erase(start);
    return false;
  }
  *start = moved(request, *start);
  return true;
}

}  // namespace

const InstalledPackage* other_with(const Atom& app, const std::string& package, const Snapshot& snapshot) {
  const auto counts = [&](const auto& one) {
    const auto& [name, other] = one;
    return name != package && !other.half_installed && !snapshot.removed.contains(name) && other.member &&
           other.member->policy == PackagePolicy::hot && find_app(other.member->apps, app) != nullptr;
  };
  const auto found = std::ranges::find_if(*snapshot.packages, counts);
  return found == snapshot.packages->end() ? nullptr : &found->second;
}

const PackagedApp* shipped_by_another(const Atom& app, const std::string& package, const Snapshot& snapshot) {
  const InstalledPackage* other = other_with(app, package, snapshot);
  return other == nullptr ? nullptr : find_app(other->member->apps, app);
}

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
    const PackagedApps own =
        with_backup({{request.app, version.vsn, *version.location}}, snapshot.backup(package));
    request = for_nodes(request.nodes, change_all({own.front()}, {*other}, std::set<Atom>{})).front();
  }
  return requests;
}

void pair_moved(PackageChanges& changes) {
  for (auto& [giver, change] : changes)
    std::erase_if(change.requests, [&](const Request& request) {
      if (version_before(request) == nullptr) return false;
      for (auto& [name, taker] : changes)
        if (name != giver && take(request, taker)) {
          taker.takes_from.insert(giver);
          return true;
        }
      return false;
    });
}

std::vector<Request> without_taken(const std::string& package, std::vector<Request> requests,
                                   const RunRecord::Group& group) {
  std::erase_if(requests, [&](const Request& request) {
    return stops(request) && std::ranges::any_of(group.packages, [&](const RunRecord::Package& other) {
             return other.name != package &&
                    std::ranges::find(other.requests, request.app, &Request::app) != other.requests.end();
           });
  });
  return requests;
}

}  // namespace erlrc
