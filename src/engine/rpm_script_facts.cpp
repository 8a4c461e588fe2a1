// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/rpm_script_facts.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace erlrc {
namespace {

using Group = RunRecord::Group;
using Package = RunRecord::Package;
using Instances = RpmFacts::Instances;

/// What the run has announced of that package; null: nothing, or its nodes have followed already.
const Package* announced(const std::string& name, const RunRecord& record) {
  const Group* group = record.group_of(name);
  return group != nullptr && group->state == RunRecord::State::unpacking ? group->find(name) : nullptr;
}

/// The first one of that version; null: it is not installed.
const RpmPackage* first_of(const std::string& version, const Instances& installed) {
  for (const RpmPackage& one : installed)
    if (one.relations.version == version) return &one;
  return nullptr;
}

/// The last one of that version; null: it is not installed.
const RpmPackage* last_of(const std::string& version, const Instances& installed) {
  const RpmPackage* last = nullptr;
  for (const RpmPackage& one : installed)
    if (one.relations.version == version) last = &one;
  return last;
}

}  // namespace

RpmScriptFacts::RpmScriptFacts(RpmScriptlet scriptlet, milliseconds timeout)
    : RpmFacts({}, timeout), scriptlet_(std::move(scriptlet)) {}

Snapshot RpmScriptFacts::load(Moment moment, const Site& site, Streams& streams) const {
  Snapshot snapshot = RpmFacts::load(moment, site, streams);
  snapshot.package = scriptlet_.package;
  snapshot.unpacking_relations = {scriptlet_.package, scriptlet_.version};
  if (moment == Moment::run_unpacked && scriptlet_.count == 0) snapshot.removed = {scriptlet_.package};
  return snapshot;
}

void RpmScriptFacts::open_archives(const RunRecord& record, Snapshot& snapshot) const {
  snapshot.opened = true;
  snapshot.archives.clear();
  snapshot.packages.emplace();
  std::set<std::string> names{scriptlet_.package};
  if (snapshot.moment == Moment::run_unpacks) {
    if (scriptlet_.count < 2) return;  // it is installed for the first time
  } else {
    names.insert(snapshot.hooked.begin(), snapshot.hooked.end());
    for (const Group& group : record.groups)
      for (const Package& package : group.packages)
        names.insert(package.name);
  }
  for (const auto& [name, installed] : instances(names)) {
    const RpmPackage* next = next_of(name, installed, record, snapshot);
    const RpmPackage* now = now_of(name, installed, next, record);
    add(now, next, record, snapshot);
    for (const RpmPackage& one : installed)
      if (now != nullptr && &one != now && &one != next)
        snapshot.packages->at(name).others.push_back(with_listed(one));
  }
}

const RpmPackage* RpmScriptFacts::next_of(const std::string& name, const Instances& installed,
                                          const RunRecord& record, const Snapshot& snapshot) const {
  if (snapshot.moment == Moment::run_unpacks) return nullptr;
  if (const Package* package = announced(name, record)) return last_of(package->version, installed);
  if (name != scriptlet_.package || scriptlet_.count == 0) return nullptr;
  const RpmPackage* own = first_of(scriptlet_.version, installed);
  const RpmPackage* other = nullptr;
  for (const RpmPackage& one : installed)
    if (&one != own) other = &one;
  return other;
}

/// As a rule, nodes run the version that was installed first.
const RpmPackage* RpmScriptFacts::now_of(const std::string& name, const Instances& installed,
                                         const RpmPackage* next, const RunRecord& record) const {
  const RpmPackage* now = nullptr;
  const Group* group = record.group_of(name);
  if (const Package* package = announced(name, record))
    now = first_of(package->from, installed);
  else if (group != nullptr && next == nullptr)
    now = last_of(group->find(name)->version, installed);
  else if (name == scriptlet_.package)
    now = first_of(scriptlet_.version, installed);
  for (const RpmPackage& one : installed)
    if (now == nullptr && &one != next) now = &one;
  return now == next ? nullptr : now;
}

void RpmScriptFacts::add(const RpmPackage* now, const RpmPackage* next, const RunRecord& record,
                         Snapshot& snapshot) const {
  const std::string& name = (now != nullptr ? now : next)->relations.name;
  if (now != nullptr) (*snapshot.packages)[name] = with_listed(*now);
  if (next == nullptr) return;
  Archive made{"", next->relations, installed_member(*next)};
  const Package* package = announced(name, record);
  if (now != nullptr) {
    // The hooks of a package without control member end with this run.
    if (!made.member && snapshot.packages->at(name).member)
      made.member = ControlMember{listed_apps(*next), PackagePolicy::hot, {}};
  } else if (package != nullptr && !package->from.empty() && !snapshot.backup(name).empty()) {
    // The old version had no scriptlets, and is gone.
    PackageRelations before = next->relations;
    before.version = package->from;
    InstalledPackage gone{std::move(before), next->arch};
    gone.listed = snapshot.backup(name);
    (*snapshot.packages)[name] = std::move(gone);
  }
  snapshot.archives.push_back(std::move(made));
}

}  // namespace erlrc
