// SPDX-License-Identifier: BSD-3-Clause
#include "hook_run.hpp"

#include <algorithm>
#include <ranges>
#include <set>

namespace erlrc {
namespace {

using State = RunRecord::State;

std::string to_string(const ProcessId& id) {
  return std::to_string(id.pid) + " " + id.start;
}

std::set<std::string> names_of(const PackageChanges& changes) {
  std::set<std::string> names;
  for (const auto& [name, change] : changes)
    names.insert(name);
  return names;
}

RunRecord::Package recorded(const std::string& name, const PackageChange& change) {
  return {name, change.from ? change.from->version : "", change.to.version, change.requests};
}

std::vector<Request> requests_of(const RunRecord& record) {
  std::vector<Request> requests;
  for (const RunRecord::Package& package : record.packages)
    requests.insert(requests.end(), package.requests.begin(), package.requests.end());
  return requests;
}

const PackagedApp* find(const PackagedApps& apps, const Atom& app) {
  const auto found = std::ranges::find(apps, app, &PackagedApp::app);
  return found == apps.end() ? nullptr : &*found;
}

}  // namespace

HookRun::HookRun(const CallingPackage& package, const AdminDir& admin, const KeptFiles& kept,
                 HookPerformance& performance, Streams& streams, Deadline until)
    : package_(package),
      admin_(admin),
      kept_(kept),
      performance_(performance),
      streams_(streams),
      file_(until),
      dpkg_(calling_dpkg()),
      record_(file_.load()) {
  if (record_)
    for (const RunRecord::Package& one : record_->packages)
      if (const auto member = admin_.member({one.name, package_.arch}))
        performance_.restrict_to_nodes_of(*member);
  // Two dpkgs never run side by side, so the other one is gone.
  if (record_ && record_->dpkg != to_string(dpkg_.id)) finish();
}

// ---- forth

int HookRun::prepare() {
  RunRecord::Package* self = record_ ? record_->find(package_.name) : nullptr;
  if (self == nullptr || self->settled || record_->state != State::failed) return 0;
  const std::string because = record_->because;
  settle(*self);
  store_or_forget();
  return refuse(because);
}

int HookRun::refuse(const std::string& because) {
  streams_.err += "erlrc-hook: " + package_.name + ": the old version stays: " + because + "\n";
  return 1;
}

int HookRun::upgrade(const std::vector<Request>& requests) {
  RunRecord::Package* self = record_ ? record_->find(package_.name) : nullptr;
  if (self != nullptr && record_->state == State::failed) return refuse(record_->because);
  if (self != nullptr && record_->state == State::done) return arrive(*self, requests);

  Companions companions(package_, dpkg_, admin_, kept_, incoming_, performance_, requests);
  PackageChanges together{{package_.name, {{}, {package_.name, ""}, requests}}};
  // Where nothing of ours runs, it matters to nobody; but after a kill, that may be because it is done.
  if (companions.any() && (self != nullptr || performance_.would_change(requests))) {
    together = companions.extract_together();
    if (const auto why = companions.unmet_by(together)) {
      record_ = RunRecord{to_string(dpkg_.id), State::failed, *why};
      record_->packages = {recorded(package_.name, together.at(package_.name))};
      file_.store(*record_);
      incoming_.drop_all();
      return refuse(*why);
    }
  }
  return do_together(together);
}

/// The record is there before anything is, so that whoever comes after a kill knows what to look for. If it
/// was there before, a call of this run was killed, and what that one did is taken back, too.
int HookRun::do_together(const PackageChanges& together) {
  const bool again = record_.has_value();
  record_ = RunRecord{to_string(dpkg_.id), State::trying};
  for (const std::string& name : node_order(names_of(together), together)) {
    record_->packages.push_back(recorded(name, together.at(name)));
    record_->packages.back().settled = name != package_.name && together.at(name).archive.empty();
  }
  file_.store(*record_);
  const std::vector<Request> requests = requests_of(*record_);
  const int code = performance_.all_or_none(requests);
  if (code == 0) {
    record_->state = State::done;
    settle(*record_->find(package_.name));
  } else {
    if (again) performance_.back(all_reversed(requests));
    fail(package_.name + " could not be upgraded" + (together.size() > 1 ? " together with it" : ""));
  }
  file_.store(*record_);
  return code;
}

/// Its upgrade was done with that of another package, with files from its archive. Now they are where they
/// belong. A node that was down then gets the whole upgrade.
int HookRun::arrive(RunRecord::Package& self, const std::vector<Request>& requests) {
  int code = move_in(self, admin_.unpacking().value_or(PackagedApps{}));
  self.requests = requests;
  if (code == 0) code = performance_.all_or_none(requests);
  if (code == 0) {
    settle(self);
  } else {
    self.settled = false;
    take_back_unsettled();
    fail(package_.name + " could not be upgraded");
  }
  file_.store(*record_);
  return code;
}

/// In the code path of the nodes, the directories of `apps` take the place of those from its archive.
int HookRun::move_in(RunRecord::Package& package, const PackagedApps& apps) {
  std::vector<Request> moves;
  for (const Request& request : package.requests) {
    const PackagedApp* now = find(apps, request.app);
    if (now == nullptr || !request.to.ebin || !incoming_.holds(*request.to.ebin)) continue;
    moves.push_back({Action::upgrade, request.app, request.to, {now->vsn, now->ebin}});
  }
  return performance_.each(moves, true);
}

/// What is installed for the first time is not refused: nothing old depends on it.
void HookRun::fail(const std::string& because) {
  record_->state = State::failed;
  record_->because = because;
  for (RunRecord::Package& package : record_->packages)
    if (package.from.empty() && package.name != package_.name) package.settled = true;
  incoming_.drop_all();
}

/// dpkg lets the package pass. As long as others have not come, its way back in the nodes is kept open.
void HookRun::settle(RunRecord::Package& package) {
  package.settled = true;
  if (record_->state == State::done && package.name == package_.name && !record_->all_settled())
    kept_.keep(package.name, admin_.installed(package_).value_or(PackagedApps{}));
}

// ---- back

void HookRun::take_back(const std::vector<Request>& requests) {
  RunRecord::Package* self = record_ ? record_->find(package_.name) : nullptr;
  if (self == nullptr || record_->state == State::failed) {
    performance_.back(requests);
    return;
  }
  self->settled = false;
  take_back_unsettled();
  take_back_unmet();
  fail(package_.name + " could not be unpacked");
  file_.store(*record_);
}

void HookRun::give_up() {
  RunRecord::Package* self = record_ ? record_->find(package_.name) : nullptr;
  if (self == nullptr) return;
  if (record_->state != State::failed) take_back({});
  self->settled = true;
  store_or_forget();
}

void HookRun::take_back_unsettled() {
  for (const RunRecord::Package& package : std::views::reverse(record_->packages))
    if (!package.settled) performance_.back(all_reversed(package.requests));
}

/// Those that dpkg has let pass, and that need what did not come: their files are the new ones, but no node
/// may run them before what they need is there. Their postinst, which is called when it is, upgrades again.
std::set<std::string> HookRun::take_back_unmet() {
  std::vector<std::string> names = admin_.hooked_packages();
  std::map<std::string, PackageSays> says;
  for (const auto& [name, package] : query_installed(admin_, names))
    says[name] = package.says;
  std::set<std::string> back;
  for (bool more = true; more;) {
    more = false;
    for (const Unmet& unmet : unmet_among(says)) {
      const RunRecord::Package* package = record_->find(unmet.package);
      if (package == nullptr || !package->settled || package->from.empty()) continue;
      more = back.insert(package->name).second || more;
      says[package->name] = {package->name, package->from};
    }
  }
  for (const RunRecord::Package& package : std::views::reverse(record_->packages)) {
    if (!back.contains(package.name)) continue;
    const PackagedApps kept = kept_.load(package.name);
    for (Request request : all_reversed(package.requests))
      if (const PackagedApp* app = find(kept, request.app)) {
        request.to = {app->vsn, app->kept};
        performance_.back({request});
      }
    kept_.settle_in(package.name);
  }
  return back;
}

void HookRun::finish() {
  if (!record_) return;
  if (record_->state != State::failed) {
    settle_what_has_come();
    std::set<std::string> back;
    if (!record_->all_settled()) {
      take_back_unsettled();
      back = take_back_unmet();
    }
    for (const RunRecord::Package& package : record_->packages)
      if (package.settled && !back.contains(package.name)) kept_.drop(package.name);
  }
  forget();
}

/// Those that have no hook when they are unpacked: their old version has none, or there was none.
void HookRun::settle_what_has_come() {
  std::vector<std::string> names;
  for (const RunRecord::Package& package : record_->packages)
    if (!package.settled) names.push_back(package.name);
  for (const auto& [name, now] : query_installed(admin_, names)) {
    RunRecord::Package& package = *record_->find(name);
    if (now.half || now.says.version != package.version) continue;
    move_in(package, admin_.installed({name, package_.arch}).value_or(PackagedApps{}));
    package.settled = true;
  }
}

void HookRun::store_or_forget() {
  if (record_->all_settled()) {
    forget();
  } else {
    file_.store(*record_);
  }
}

void HookRun::forget() {
  incoming_.drop_all();
  file_.remove();
  record_.reset();
}

}  // namespace erlrc
