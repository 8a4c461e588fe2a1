// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/requests.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/version.hpp>

namespace erlrc {
namespace {

Version version(const PackagedApp& app) {
  return {app.vsn, app.location};
}

Request start(const PackagedApp& app) {
  return {app.app, Request::Start{version(app)}};
}

Request stop(const PackagedApp& app) {
  return {app.app, Request::Stop{version(app)}};
}

bool is_desired(const DesiredApps& desired, const Atom& app) {
  return !desired || desired->contains(app);
}

/// The same version again is an upgrade.
Direction direction(const std::string& from, const std::string& to) {
  return compare_versions(from, to) > 0 ? Direction::down : Direction::up;
}

Request change(const PackagedApp& from, const PackagedApp& to, bool start) {
  return {to.app, Request::Change{direction(from.vsn, to.vsn), version(from), version(to), start}};
}

std::vector<Request> stop_all(const PackagedApps& apps) {
  std::vector<Request> requests;
  std::transform(apps.rbegin(), apps.rend(), std::back_inserter(requests), stop);
  return requests;
}

/// Without a control member nothing is known of a version's applications.
std::vector<Request> upgrade_requests(const PackageVersions& versions) {
  const PackagedApps installed = with_backup(versions.installed.value_or(PackagedApps{}), versions.backup);
  if (installed.empty() || !versions.unpacking) return {};
  return change_all(installed, *versions.unpacking, versions.desired);
}

std::vector<Request> requests_on_all_nodes(Moment moment, const PackageVersions& versions) {
  const PackagedApps installed = versions.installed.value_or(PackagedApps{});
  switch (moment) {
    case Moment::both_on_disk:
    case Moment::both_on_disk_again:
      return upgrade_requests(versions);
    case Moment::unpack_failed:
      return all_reversed(upgrade_requests(versions));
    case Moment::configured:
    case Moment::stays_installed:
    case Moment::given_up:
      return start_all(installed, versions.desired);
    case Moment::about_to_remove:
    case Moment::removed:
      return stop_all(installed);
    case Moment::about_to_unpack:
    case Moment::old_files_restored:
    case Moment::forgotten:
    case Moment::run_begins:
    case Moment::run_unpacks:
    case Moment::run_unpacked:
    case Moment::run_ended:
    case Moment::run_recovered:
      return {};
  }
  return {};
}

}  // namespace

std::vector<Request> requests_for(Moment moment, const PackageVersions& versions) {
  return for_nodes(versions.nodes, requests_on_all_nodes(moment, versions));
}

std::vector<Request> change_all(const PackagedApps& from, const PackagedApps& to,
                                const DesiredApps& desired) {
  std::vector<Request> requests;
  for (const PackagedApp& next : to)
    if (const PackagedApp* now = find_app(from, next.app))
      requests.push_back(change(*now, next, is_desired(desired, next.app)));
  for (auto gone = from.rbegin(); gone != from.rend(); ++gone)
    if (!find_app(to, gone->app)) requests.push_back(stop(*gone));
  return requests;
}

Request moved(const Request& stop, const Request& start) {
  const Version from = *version_before(stop), to = *version_after(start);
  const PackagedApp old{stop.app, from.vsn, *from.location}, next{stop.app, to.vsn, *to.location};
  return for_nodes(start.nodes, change_all({old}, {next}, {})).front();
}

std::vector<Request> start_all(const PackagedApps& apps, const DesiredApps& desired) {
  std::vector<Request> requests;
  for (const PackagedApp& app : apps)
    if (is_desired(desired, app.app)) requests.push_back(start(app));
  return requests;
}

std::vector<Request> for_nodes(const std::optional<std::vector<std::string>>& nodes,
                               std::vector<Request> requests) {
  for (Request& request : requests)
    request.nodes = nodes;
  return requests;
}

bool is_used(const PackagedApps& backup) {
  return std::ranges::any_of(backup, [](const PackagedApp& app) { return !app.location.is_backup(); });
}

PackagedApps with_backup(PackagedApps apps, const PackagedApps& backup) {
  for (const PackagedApp& one : backup) {
    const auto same = std::ranges::find(apps, one.app, &PackagedApp::app);
    if (same == apps.end()) {
      apps.push_back(one);
    } else if (same->vsn == one.vsn || !one.location.is_backup()) {
      *same = one;
    }
  }
  return apps;
}

PackagedApps without_other_backups(PackagedApps apps, const PackagedApps& backup) {
  std::erase_if(apps, [&](const PackagedApp& app) {
    const PackagedApp* kept = find_app(backup, app.app);
    return kept != nullptr && kept->vsn != app.vsn;
  });
  return apps;
}

std::vector<Request> all_reversed(const std::vector<Request>& requests) {
  std::vector<Request> back(requests.rbegin(), requests.rend());
  std::transform(back.begin(), back.end(), back.begin(), reversed);
  return back;
}

Request reversed(const Request& request) {
  Request back = request;
  std::visit(Overload{[&](const Request::Start& start) { back.what = Request::Stop{start.version}; },
                      [&](const Request::Stop& stop) { back.what = Request::Start{stop.version}; },
                      [&](const Request::Change& change) {
                        back.what = Request::Change{direction(change.to.vsn, change.from.vsn), change.to,
                                                    change.from, change.start, change.policy};
                      }},
             request.what);
  return back;
}

}  // namespace erlrc
