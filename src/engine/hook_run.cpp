// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/engine/hook_run.hpp>

#include <algorithm>
#include <ranges>
#include <set>

#include <erlrc/engine/left_packages.hpp>

namespace erlrc {
namespace {

using State = RunRecord::State;

/// Of a call after which a node is not as it was.
constexpr int kNotPutBack = 3;

const std::string kLeft = "Erlrc::Preflight is leave, and no node can do its upgrade";

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

/// On the way down a package comes before those that it needs. Where it does not run, it is not to be started
/// before them: its postinst will do that.
void leave_starts_to_postinst(RunRecord::Package& package) {
  if (package.from.empty() || std::is_gteq(compare_package_versions(package.version, package.from))) return;
  for (Request& request : package.requests)
    request.start = false;
}

std::vector<Request> requests_of(const RunRecord::Group& group) {
  std::vector<Request> requests;
  for (const RunRecord::Package& package : group.packages)
    requests.insert(requests.end(), package.requests.begin(), package.requests.end());
  return requests;
}

const PackagedApp* find(const PackagedApps& apps, const Atom& app) {
  const auto found = std::ranges::find(apps, app, &PackagedApp::app);
  return found == apps.end() ? nullptr : &*found;
}

bool to_backup(const Request& request) {
  return request.to.location && request.to.location->is_backup();
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
      left_(load_left_packages()),
      record_(file_.load()) {
  // Two dpkgs never run side by side, so the other one is gone.
  if (record_ && record_->dpkg != to_string(dpkg_.id)) finish();
}

// ---- forth

int HookRun::prepare() {
  Group* group = own_group();
  if (group == nullptr || group->state != State::failed) return 0;
  RunRecord::Package& self = *group->find(package_.name);
  if (self.settled) return 0;
  const std::string because = group->because;
  self.settled = true;
  store_or_forget();
  return refuse(because);
}

int HookRun::refuse(const std::string& because) {
  streams_.err += "erlrc-hook: " + package_.name + ": the old version stays: " + because + "\n";
  return 1;
}

int HookRun::upgrade(const std::vector<Request>& requests) {
  Group* group = own_group();
  if (group != nullptr && group->state == State::failed) return refuse(group->because);
  if (group != nullptr && group->state == State::done) return arrive(*group, requests);

  if (left_.contains(package_.name)) return leave(kLeft);

  Companions companions(package_, dpkg_, admin_, kept_, incoming_, performance_, requests);
  PackageChanges together{{package_.name, {{}, {package_.name, ""}, requests}}};
  // Where nothing of ours runs, it matters to nobody; but after a kill, that may be because it is done.
  if (companions.any() && (group != nullptr || performance_.would_change(requests))) {
    together = companions.extract_together();
    if (const auto why = companions.unmet_by(together)) {
      Group& refused = new_own_group();
      refused.packages = {recorded(package_.name, together.at(package_.name))};
      for (const auto& [name, change] : together)
        incoming_.drop(name);
      fail(refused, *why);
      file_.store(*record_);
      return refuse(*why);
    }
    const auto pass_over = [&](const std::string& name) {
      if (together.erase(name) != 0) incoming_.drop(name);
    };
    std::ranges::for_each(left_, pass_over);
    const auto left = companions.to_leave(together);
    std::ranges::for_each(left | std::views::keys, pass_over);
    if (const auto own = left.find(package_.name); own != left.end()) return leave(own->second);
  }
  return do_together(together);
}

/// Nothing is kept of it: its postinst shall not upgrade, either.
int HookRun::leave(const std::string& because) {
  streams_.err += "erlrc-hook: " + package_.name + ": left for a restart of the nodes: " + because + "\n";
  kept_.drop(package_.name);
  return 0;
}

bool HookRun::must_wait(const std::vector<Request>& requests) {
  std::optional<std::string> why;
  if (left_.contains(package_.name)) {
    if (!kept_.load(package_.name).empty()) why = kLeft;
  } else if (Companions::possible(admin_, dpkg_) && performance_.would_change(requests)) {
    why = Companions(package_, dpkg_, admin_, kept_, incoming_, performance_, requests).must_wait();
  }
  if (why) leave(*why);
  return why.has_value();
}

/// In the place of the one that a killed call has left.
HookRun::Group& HookRun::new_own_group() {
  if (!record_) record_ = RunRecord{to_string(dpkg_.id)};
  std::erase_if(record_->groups, [&](Group& group) { return group.find(package_.name) != nullptr; });
  return record_->groups.emplace_back();
}

/// The record is there before anything is, so that whoever comes after a kill knows what to look for. If it
/// was there before, a call of this run was killed, and what that one did is taken back, too.
int HookRun::do_together(const PackageChanges& together) {
  const bool again = own_group() != nullptr;
  Group& group = new_own_group();
  for (const std::string& name : node_order(names_of(together), together)) {
    group.packages.push_back(recorded(name, together.at(name)));
    if (together.size() > 1) leave_starts_to_postinst(group.packages.back());
    group.packages.back().settled = name != package_.name && together.at(name).archive.empty();
  }
  file_.store(*record_);
  const std::vector<Request> requests = requests_of(group);
  const int code = performance_.all_or_none(requests);
  if (code == 0) {
    group.state = State::done;
    settle_own(group);
  } else {
    if (again) performance_.back(all_reversed(requests));
    if (again || code == kNotPutBack) take_back_unsettled(group, Own::left_out);
    fail(group, package_.name + " could not be upgraded" + (together.size() > 1 ? " together with it" : ""));
  }
  file_.store(*record_);
  return code;
}

/// Its upgrade was done with that of another package, with files from its archive. Now they are where they
/// belong. A node that was down then gets the whole upgrade.
int HookRun::arrive(Group& group, const std::vector<Request>& requests) {
  RunRecord::Package& self = *group.find(package_.name);
  int code = move_in(self, admin_.unpacking().value_or(PackagedApps{}));
  self.requests = requests;
  leave_starts_to_postinst(self);
  if (code == 0) code = performance_.all_or_none(self.requests);
  if (code == 0) {
    settle_own(group);
  } else {
    self.settled = false;
    take_back_unsettled(group, Own::asked_again);
    take_back_unmet();
    fail(group, package_.name + " could not be upgraded");
  }
  file_.store(*record_);
  return code;
}

/// In the code path of the nodes, the directories of `apps` take the place of those from its archive.
int HookRun::move_in(RunRecord::Package& package, const PackagedApps& apps) {
  std::vector<Request> moves;
  for (const Request& request : package.requests) {
    const PackagedApp* now = find(apps, request.app);
    if (now == nullptr || !request.to.location || !incoming_.holds(request.to.location->in_path)) continue;
    moves.push_back({.action = Action::upgrade,
                     .app = request.app,
                     .from = request.to,
                     .to = {now->vsn, now->location},
                     .start = false,
                     .nodes = request.nodes});
  }
  return performance_.each(moves, true).code;
}

/// What is installed for the first time is not refused: nothing old depends on it.
void HookRun::fail(Group& group, const std::string& because) {
  group.state = State::failed;
  group.because = because;
  for (RunRecord::Package& package : group.packages) {
    if (package.from.empty() && package.name != package_.name) package.settled = true;
    incoming_.drop(package.name);
  }
}

/// dpkg lets the package pass. As long as others have not come, its way back in the nodes is kept open.
void HookRun::settle_own(Group& group) {
  group.find(package_.name)->settled = true;
  if (!group.all_settled()) kept_.keep(package_.name, admin_.installed(package_).value_or(PackagedApps{}));
}

// ---- back

void HookRun::take_back(const std::vector<Request>& requests) {
  Group* group = own_group();
  if (group == nullptr || group->state == State::failed) {
    back_or_keep(package_.name, requests, true);
    return;
  }
  group->find(package_.name)->settled = false;
  take_back_unsettled(*group, Own::given_up);
  take_back_unmet();
  fail(*group, package_.name + " could not be unpacked");
  file_.store(*record_);
}

void HookRun::give_up() {
  Group* group = own_group();
  if (group == nullptr) return;
  if (group->state != State::failed) take_back({});
  group->find(package_.name)->settled = true;
  store_or_forget();
}

/// While the calling package's preinst is still to come, its old files must stay where they were put aside:
/// they are where that one goes back to.
void HookRun::take_back_unsettled(const Group& group, Own own) {
  for (const RunRecord::Package& package : std::views::reverse(group.packages)) {
    const bool is_own = package.name == package_.name;
    if (package.settled || (is_own && own == Own::left_out)) continue;
    const std::vector<Request> back = all_reversed(package.requests);
    if (is_own && own == Own::asked_again) {
      performance_.back(back);
    } else {
      back_or_keep(package.name, back, is_own && own == Own::given_up);
    }
  }
}

/// Where a node could not be taken back, it goes on with files that are about to go. They are put aside, and
/// the next postinst of the package tries again. They must not take the place of old files that lie nowhere
/// else, unless dpkg is about to put those back.
void HookRun::back_or_keep(const std::string& package, const std::vector<Request>& back, bool restored) {
  if (performance_.back(back) == 0) return;
  if (!restored && std::ranges::any_of(back, to_backup)) return;
  PackagedApps left;
  for (const Request& request : back)
    if (request.from.location)
      left.push_back({request.app, request.from.vsn, request.from.location->in_path});
  kept_.drop(package);
  kept_.keep(package, left);
}

/// Those that dpkg has let pass, and that need what did not come: their files are the new ones, but no node
/// may run them before what they need is there. Their postinst, which is called when it is, upgrades again.
std::set<std::string> HookRun::take_back_unmet() {
  std::vector<RunRecord::Package> passed;
  for (const Group& group : record_->groups)
    if (group.state != State::failed)
      std::ranges::copy_if(group.packages, std::back_inserter(passed),
                           [](const auto& package) { return package.settled && !package.from.empty(); });
  std::map<std::string, PackageSays> says;
  for (const auto& [name, package] : query_installed(admin_, admin_.hooked_packages()))
    says[name] = package.says;
  std::set<std::string> back;
  for (bool more = true; more;) {
    more = false;
    for (const Unmet& unmet : unmet_among(says)) {
      const auto package = std::ranges::find(passed, unmet.package, &RunRecord::Package::name);
      if (package == passed.end()) continue;
      more = back.insert(package->name).second || more;
      says[package->name] = {package->name, package->from};
    }
  }
  for (const RunRecord::Package& package : std::views::reverse(passed)) {
    if (!back.contains(package.name)) continue;
    const PackagedApps kept = kept_.load(package.name);
    for (Request request : all_reversed(package.requests))
      if (const PackagedApp* app = find(kept, request.app)) {
        request.to = {app->vsn, app->location.read_from};
        performance_.back({request});
      }
    kept_.settle_in(package.name);
  }
  return back;
}

void HookRun::finish() {
  if (!record_) return;
  bool all_came = true;
  for (Group& group : record_->groups) {
    if (group.state == State::failed) continue;
    settle_what_has_come(group);
    take_back_unsettled(group, Own::as_others);
    all_came = all_came && group.all_settled();
  }
  const std::set<std::string> back = all_came ? std::set<std::string>{} : take_back_unmet();
  for (const Group& group : record_->groups)
    for (const RunRecord::Package& package : group.packages)
      if (group.state != State::failed && package.settled && !back.contains(package.name))
        kept_.drop(package.name);
  forget();
}

/// Those that have no hook when they are unpacked: their old version has none, or there was none.
void HookRun::settle_what_has_come(Group& group) {
  std::vector<std::string> names;
  for (const RunRecord::Package& package : group.packages)
    if (!package.settled) names.push_back(package.name);
  for (const auto& [name, now] : query_installed(admin_, names)) {
    RunRecord::Package& package = *group.find(name);
    if (now.half || now.says.version != package.version) continue;
    move_in(package, admin_.installed({name, package_.arch}).value_or(PackagedApps{}));
    package.settled = true;
  }
}

/// The package's own group is no more to be told of once dpkg has seen all of it.
void HookRun::store_or_forget() {
  std::erase_if(record_->groups,
                [&](Group& group) { return group.find(package_.name) != nullptr && group.all_settled(); });
  if (record_->groups.empty()) {
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
