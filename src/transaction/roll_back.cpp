// SPDX-License-Identifier: BSD-3-Clause
#include "roll_back.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
#include <utility>
#include <variant>

#include <erlrc/transaction/requests.hpp>
#include <erlrc/transaction/upgrade_set.hpp>

#include "unpacked_end.hpp"

namespace erlrc {
namespace {

using State = RunRecord::State;
using Group = RunRecord::Group;

bool to_backup(const Request& request) {
  const Version* to = version_after(request);
  return to != nullptr && to->location && to->location->is_backup();
}

bool is_staged(const Version& version, const Snapshot& snapshot) {
  return version.location && version.location->in_path.starts_with(snapshot.staging + "/");
}

/// The packages that were unpacked in this run, and that can be rolled back to a version before.
std::vector<RunRecord::Package> closed_upgrades(const RunRecord& record) {
  std::vector<RunRecord::Package> closed;
  for (const Group& group : record.groups)
    if (group.state != State::failed)
      std::ranges::copy_if(group.packages, std::back_inserter(closed),
                           [](const auto& package) { return package.closed && !package.from.empty(); });
  return closed;
}

bool is_closed(const RunRecord& record) {
  return std::ranges::all_of(
      record.groups, [](const Group& group) { return group.state == State::failed || group.all_closed(); });
}

/// The code path of nodes has the directory of an unpacked package, no longer that of its staged files.
void read_from_installed(Request& request, const InstalledPackage& package, const Snapshot& snapshot) {
  Version* from = version_before(request);
  if (from == nullptr || !is_staged(*from, snapshot) || !package.member) return;
  if (const PackagedApp* now = find_app(package.member->apps, request.app);
      now != nullptr && now->vsn == from->vsn)
    from->location = now->location;
}

/// Whether the package manager was killed between the call that closed the package and its note that the new
/// version is unpacked. The package whose script is called is half installed, too, but in the noted version.
bool was_cut_off(const RunRecord::Package& package, const Snapshot& snapshot) {
  if (!snapshot.packages) return false;
  const auto now = snapshot.packages->find(package.name);
  return now != snapshot.packages->end() && now->second.half_installed && !package.version.empty() &&
         now->second.relations.version != package.version;
}

/// Whether a run that has ended may have been killed like that. APT lets one dpkg unpack and the next one
/// configure, so this is asked at each upgrade; what is configured was unpacked, whatever dpkg's notes are.
bool may_be_cut_off(const RunRecord& record, const Snapshot& snapshot) {
  if (record.run == snapshot.run) return false;
  const auto may_be = [&](const RunRecord::Package& package) {
    return package.closed && (package.name != snapshot.package || snapshot.moment != Moment::configured);
  };
  return std::ranges::any_of(record.groups, [&](const Group& group) {
    return group.state != State::failed && std::ranges::any_of(group.packages, may_be);
  });
}

/// Whether nodes were changed from what this backup holds. Others may still run it: the moment `configured`
/// changes those.
bool has_left(const RunRecord::Package& package, const PackagedApps& backup) {
  return !backup.empty() && std::ranges::all_of(backup, [&](const PackagedApp& app) {
    return std::ranges::any_of(package.requests, [&](const Request& request) {
      const Version* from = version_before(request);
      return request.app == app.app && from != nullptr && from->vsn == app.vsn;
    });
  });
}

}  // namespace

// Where the old files are only in the backup, the new ones must not take their place there, unless the
// package manager is restoring the old ones.
RollBack roll_back(const std::string& package, std::vector<Request> requests, bool restored) {
  RollBack made{package, std::move(requests)};
  const bool only_backup = std::ranges::any_of(made.requests, to_backup);
  if (only_backup && !restored) return made;
  made.stays.emplace();
  for (const Request& request : made.requests)
    if (const Version* from = version_before(request); from != nullptr && from->location)
      made.stays->push_back({request.app, from->vsn, from->location->in_path});
  return made;
}

std::vector<Request> rolling_back(const Group& group, const RunRecord::Package& package,
                                  const Snapshot& snapshot) {
  std::vector<Request> requests = all_reversed(package.requests);
  const auto read_from = [&](const PackagedApps& backup) {
    for (Request& request : requests) {
      const PackagedApp* app = find_app(backup, request.app);
      Version* to = version_after(request);
      if (app != nullptr && to != nullptr && to->vsn == app->vsn) to->location = app->location;
    }
  };
  for (const RunRecord::Package& other : group.packages)
    read_from(snapshot.backup(other.name));
  read_from(snapshot.backup(package.name));
  return requests;
}

void roll_back_open(const Group& group, OwnFiles files, const Snapshot& snapshot, PackageActions& actions) {
  for (const RunRecord::Package& package : std::views::reverse(group.packages)) {
    const bool is_own = package.name == snapshot.package;
    if (package.closed || (is_own && files == OwnFiles::rolled_back) || package.requests.empty()) continue;
    RollBack back = roll_back(package.name, rolling_back(group, package, snapshot),
                              is_own && files == OwnFiles::restored);
    if (is_own && files == OwnFiles::both_on_disk) back.stays.reset();
    actions.push_back(std::move(back));
  }
}

std::set<std::string> roll_back_unmet(const RunRecord& record, const Snapshot& snapshot,
                                      PackageActions& actions) {
  const std::vector<RunRecord::Package> closed = closed_upgrades(record);
  Packages now;
  for (const std::string& name : snapshot.hooked)
    if (const auto found = snapshot.packages->find(name); found != snapshot.packages->end())
      now[name] = found->second.relations;
  std::map<std::string, std::string> before;
  for (const RunRecord::Package& package : closed)
    before[package.name] = package.from;
  const std::set<std::string> back = to_roll_back(std::move(now), before);
  for (const RunRecord::Package& package : std::views::reverse(closed)) {
    if (!back.contains(package.name)) continue;
    RollBack made{package.name, {}};
    for (Request request : all_reversed(package.requests))
      if (const PackagedApp* app = find_app(snapshot.backup(package.name), request.app)) {
        Version* to = version_after(request);
        if (to != nullptr && to->vsn != app->vsn) continue;
        if (to != nullptr) *to = {app->vsn, app->location.read_from};
        read_from_installed(request, snapshot.packages->at(package.name), snapshot);
        made.requests.push_back(std::move(request));
      }
    if (made.requests.empty()) continue;
    actions.push_back(std::move(made));
    actions.push_back(UseBackup{package.name});
  }
  return back;
}

void close_what_has_come(Group& group, const Snapshot& snapshot, PackageActions& actions) {
  for (RunRecord::Package& package : group.packages) {
    if (package.closed) package.closed = !was_cut_off(package, snapshot);
    if (package.closed) continue;
    const auto now = snapshot.packages->find(package.name);
    const bool installed = now != snapshot.packages->end();
    if (package.removed) package.closed = !installed;
    if (package.removed || !installed || now->second.half_installed) continue;
    if (now->second.relations.version != package.version) continue;
    if (auto requests = moves(package, apps_of(now->second), snapshot); !requests.empty())
      actions.push_back(Execute{std::move(requests), Execute::How::move});
    package.closed = true;
  }
}

void fail(Group& group, const std::string& own, const std::string& because) {
  group.state = State::failed;
  group.because = because;
  for (RunRecord::Package& package : group.packages)
    if (package.from.empty() && package.name != own) package.closed = true;
}

void drop_staged(const Group& group, PackageActions& actions) {
  for (const RunRecord::Package& package : group.packages)
    actions.push_back(DropStaged{package.name});
}

std::vector<Request> moves(const RunRecord::Package& package, const PackagedApps& apps,
                           const Snapshot& snapshot) {
  std::vector<Request> made;
  for (const Request& request : package.requests) {
    const PackagedApp* now = find_app(apps, request.app);
    const Version* staged = version_after(request);
    if (now == nullptr || staged == nullptr || !is_staged(*staged, snapshot)) continue;
    made.push_back({request.app,
                    Request::Change{.from = *staged, .to = {now->vsn, now->location}, .start = false},
                    request.nodes});
  }
  return made;
}

void store_open(RunRecord record, const std::string& package, PackageActions& actions) {
  std::erase_if(record.groups,
                [&](const Group& group) { return group.find(package) != nullptr && group.all_closed(); });
  if (record.groups.empty()) {
    actions.push_back(DropAllStaged{});
    record = {};
  }
  actions.push_back(Store{std::move(record)});
}

std::set<std::string> finish_groups(RunRecord& record, const Snapshot& snapshot, PackageActions& actions) {
  for (Group& group : record.groups)
    if (group.state != State::failed) close_what_has_come(group, snapshot, actions);
  const std::set<std::string> back =
      is_closed(record) ? std::set<std::string>{} : roll_back_unmet(record, snapshot, actions);
  for (const Group& group : record.groups)
    if (group.state != State::failed) roll_back_open(group, OwnFiles::unknown, snapshot, actions);
  for (const Group& group : record.groups)
    for (const RunRecord::Package& package : group.packages)
      if (group.state != State::failed && package.closed && !back.contains(package.name) &&
          has_left(package, snapshot.backup(package.name)))
        actions.push_back(DropBackup{package.name});
  return back;
}

PackageActions finish_group(const RunRecord& record, const Snapshot& snapshot) {
  if (!snapshot.packages) return {LookUp{}};
  RunRecord others = record;
  const Group own = *others.group_of(snapshot.package);
  std::erase(others.groups, own);
  PackageActions actions;
  RunRecord left{record.run, {own}};
  (void)finish_groups(left, snapshot, actions);
  drop_staged(own, actions);
  if (others.groups.empty()) others = {};
  actions.push_back(Store{std::move(others)});
  return actions;
}

PackageActions finish(const RunRecord& record, const Snapshot& snapshot) {
  if ((may_be_cut_off(record, snapshot) || !is_closed(record)) && !snapshot.packages) return {LookUp{}};
  PackageActions actions;
  RunRecord left = record;
  (void)finish_groups(left, snapshot, actions);
  actions.push_back(DropAllStaged{});
  actions.push_back(Store{});
  return actions;
}

}  // namespace erlrc
