// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/hook/dpkg.hpp>

#include <algorithm>

#include <erlrc/base/version.hpp>

namespace erlrc {
namespace {

/// What one kind of call comes to.
enum class Effect {
  nothing,
  forget,      ///< a new run begins: a marker that an interrupted one left says nothing about it
  start,       ///< the installed applications run again
  start_over,  ///< the same, at the end of an upgrade that was given up
  stop,        ///< the installed applications are about to go
  upgrade,     ///< from the installed version to the one being unpacked
  retry,       ///< the same, unless a node has refused it
  take_back,   ///< from the one being unpacked to the installed version
};

struct Row {
  Script script;
  std::string_view argument;
  Effect effect;
};

// Every call of the policy manual (6.5 to 6.8). Until the new version is unpacked, that is in all calls of an
// upgrade but the new postinst's, the old version is the installed one.
constexpr Row kRows[] = {
    {Script::prerm, "upgrade", Effect::forget},
    {Script::prerm, "failed-upgrade", Effect::nothing},
    {Script::prerm, "deconfigure", Effect::nothing},  // its files stay, and so does what runs
    {Script::prerm, "remove", Effect::stop},
    {Script::preinst, "install", Effect::forget},
    {Script::preinst, "upgrade", Effect::forget},
    {Script::preinst, "abort-upgrade", Effect::take_back},
    {Script::postrm, "upgrade", Effect::upgrade},
    {Script::postrm, "failed-upgrade", Effect::retry},
    {Script::postrm, "abort-upgrade", Effect::nothing},
    {Script::postrm, "abort-install", Effect::nothing},
    {Script::postrm, "remove", Effect::stop},  // one that was never configured gets no prerm
    {Script::postrm, "purge", Effect::nothing},
    {Script::postrm, "disappear", Effect::nothing},
    {Script::postinst, "configure", Effect::start},
    {Script::postinst, "abort-upgrade", Effect::start_over},
    {Script::postinst, "abort-remove", Effect::start},
    {Script::postinst, "abort-deconfigure", Effect::start},
    {Script::postinst, "triggered", Effect::nothing},
};

Effect effect_of(const DpkgCall& call) {
  if (call.args.empty()) return Effect::nothing;
  for (const Row& row : kRows)
    if (row.script == call.script && row.argument == call.args.front()) return row.effect;
  return Effect::nothing;
}

const PackagedApp* find(const PackagedApps& apps, const Atom& app) {
  const auto found =
      std::find_if(apps.begin(), apps.end(), [&](const PackagedApp& a) { return a.app == app; });
  return found == apps.end() ? nullptr : &*found;
}

Version version(const PackagedApp& app) {
  return {app.vsn, app.ebin};
}

Request start(const PackagedApp& app) {
  return {.action = Action::start, .app = app.app, .from = {}, .to = version(app)};
}

Request stop(const PackagedApp& app) {
  return {.action = Action::stop, .app = app.app, .from = version(app), .to = {}};
}

bool is_wanted(const DpkgCall& call, const Atom& app) {
  return !call.wanted || call.wanted->contains(app);
}

Request change(const PackagedApp& from, const PackagedApp& to, bool start) {
  const bool down = compare_versions(from.vsn, to.vsn) > 0;
  return {.action = down ? Action::downgrade : Action::upgrade,
          .app = to.app,
          .from = version(from),
          .to = version(to),
          .start = start};
}

std::vector<Request> start_all(const DpkgCall& call) {
  std::vector<Request> requests;
  if (!call.installed) return requests;
  for (const PackagedApp& app : *call.installed)
    if (is_wanted(call, app.app)) requests.push_back(start(app));
  return requests;
}

std::vector<Request> stop_all(const std::optional<PackagedApps>& apps) {
  std::vector<Request> requests;
  if (apps) std::transform(apps->rbegin(), apps->rend(), std::back_inserter(requests), stop);
  return requests;
}

/// From the installed version to the one being unpacked. What only the latter has is left to its postinst,
/// which is called when also the packages it depends on are configured.
std::vector<Request> change_all(const DpkgCall& call) {
  std::vector<Request> requests;
  // A version without a control member is not kept in step with the nodes: nothing is known of its
  // applications.
  if (!call.installed || !call.unpacking) return requests;
  for (const PackagedApp& to : *call.unpacking)
    if (const PackagedApp* from = find(*call.installed, to.app))
      requests.push_back(change(*from, to, is_wanted(call, to.app)));
  for (auto gone = call.installed->rbegin(); gone != call.installed->rend(); ++gone)
    if (!find(*call.unpacking, gone->app)) requests.push_back(stop(*gone));
  return requests;
}

std::vector<Request> change_all_back(const DpkgCall& call) {
  std::vector<Request> requests = change_all(call);
  std::reverse(requests.begin(), requests.end());
  std::transform(requests.begin(), requests.end(), requests.begin(), reversed);
  return requests;
}

}  // namespace

std::optional<Script> parse_script(std::string_view name) {
  if (name == "preinst") return Script::preinst;
  if (name == "postinst") return Script::postinst;
  if (name == "prerm") return Script::prerm;
  if (name == "postrm") return Script::postrm;
  return std::nullopt;
}

HookPlan plan_dpkg(const DpkgCall& call) {
  switch (effect_of(call)) {
    case Effect::nothing:
      return {};
    case Effect::forget:
      return {.clear_mark = true};
    case Effect::start:
      return {.requests = start_all(call)};
    case Effect::start_over:
      return {.requests = start_all(call), .clear_mark = true};
    case Effect::stop:
      return {.requests = stop_all(call.installed)};
    case Effect::upgrade:
      return {.requests = change_all(call), .mark_refusal = true};
    case Effect::retry:
      if (call.refused_before) return {.fail = true};
      return {.requests = change_all(call)};
    case Effect::take_back:
      // A failure here would make dpkg leave the package half installed, which `dpkg --configure -a` does not
      // mend. The old postinst comes next, finds a node in the wrong version, and its failure is one that
      // does get mended.
      return {.requests = change_all_back(call), .tolerant = true};
  }
  return {};
}

Request reversed(const Request& request) {
  Request back = request;
  std::swap(back.from, back.to);
  switch (request.action) {
    case Action::start:
      back.action = Action::stop;
      break;
    case Action::stop:
      back.action = Action::start;
      break;
    case Action::upgrade:
      if (compare_versions(back.from.vsn, back.to.vsn) > 0) back.action = Action::downgrade;
      break;
    case Action::downgrade:
      back.action = Action::upgrade;
      break;
  }
  return back;
}

}  // namespace erlrc
