// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/dpkg.hpp>

#include <algorithm>

#include <erlrc/base/version.hpp>

namespace erlrc {
namespace {

struct Row {
  Script script;
  std::string_view argument;
  Effect effect;
};

// Every call of the policy manual (6.5 to 6.8). Until the new version is unpacked, that is in all calls of an
// upgrade but the new postinst's, the old version is the installed one.
constexpr Row kRows[] = {
    {Script::prerm, "upgrade", Effect::nothing},
    {Script::prerm, "failed-upgrade", Effect::nothing},
    {Script::prerm, "deconfigure", Effect::nothing},  // its files stay, and so does what runs
    {Script::prerm, "remove", Effect::stop},
    {Script::preinst, "install", Effect::nothing},
    {Script::preinst, "upgrade", Effect::prepare},
    {Script::preinst, "abort-upgrade", Effect::take_back},
    {Script::postrm, "upgrade", Effect::upgrade},
    {Script::postrm, "failed-upgrade", Effect::retry},
    {Script::postrm, "abort-upgrade", Effect::abandon},
    {Script::postrm, "abort-install", Effect::abandon},
    {Script::postrm, "remove", Effect::stop},  // one that was never configured gets no prerm
    {Script::postrm, "purge", Effect::abandon},
    {Script::postrm, "disappear", Effect::abandon},
    {Script::postinst, "configure", Effect::configure},
    {Script::postinst, "abort-upgrade", Effect::start_over},
    {Script::postinst, "abort-remove", Effect::start},
    {Script::postinst, "abort-deconfigure", Effect::start},
    {Script::postinst, "triggered", Effect::nothing},
};

const PackagedApp* find(const PackagedApps& apps, const Atom& app) {
  const auto found =
      std::find_if(apps.begin(), apps.end(), [&](const PackagedApp& a) { return a.app == app; });
  return found == apps.end() ? nullptr : &*found;
}

Version version(const PackagedApp& app) {
  return {app.vsn, app.location};
}

Request start(const PackagedApp& app) {
  return {.action = Action::start, .app = app.app, .from = {}, .to = version(app)};
}

Request stop(const PackagedApp& app) {
  return {.action = Action::stop, .app = app.app, .from = version(app), .to = {}};
}

bool is_wanted(const WantedApps& wanted, const Atom& app) {
  return !wanted || wanted->contains(app);
}

Request change(const PackagedApp& from, const PackagedApp& to, bool start) {
  const bool down = compare_versions(from.vsn, to.vsn) > 0;
  return {.action = down ? Action::downgrade : Action::upgrade,
          .app = to.app,
          .from = version(from),
          .to = version(to),
          .start = start};
}

std::vector<Request> stop_all(const PackagedApps& apps) {
  std::vector<Request> requests;
  std::transform(apps.rbegin(), apps.rend(), std::back_inserter(requests), stop);
  return requests;
}

/// Without a control member nothing is known of a version's applications.
std::vector<Request> upgrade_requests(const DpkgCall& call) {
  const PackagedApps installed = with_kept(call.installed.value_or(PackagedApps{}), call.kept);
  if (installed.empty() || !call.unpacking) return {};
  return change_all(installed, *call.unpacking, call.wanted);
}

std::vector<Request> requests_on_all_nodes(const DpkgCall& call) {
  const PackagedApps installed = call.installed.value_or(PackagedApps{});
  switch (effect_of(call)) {
    case Effect::nothing:
    case Effect::prepare:
    case Effect::abandon:
      return {};
    case Effect::upgrade:
    case Effect::retry:
      return upgrade_requests(call);
    case Effect::take_back:
      return all_reversed(upgrade_requests(call));
    case Effect::configure:
    case Effect::start:
    case Effect::start_over:
      return start_all(installed, call.wanted);
    case Effect::stop:
      return stop_all(installed);
  }
  return {};
}

}  // namespace

std::optional<Script> parse_script(std::string_view name) {
  if (name == "preinst") return Script::preinst;
  if (name == "postinst") return Script::postinst;
  if (name == "prerm") return Script::prerm;
  if (name == "postrm") return Script::postrm;
  return std::nullopt;
}

Effect effect_of(const DpkgCall& call) {
  if (call.args.empty()) return Effect::nothing;
  for (const Row& row : kRows)
    if (row.script == call.script && row.argument == call.args.front()) return row.effect;
  return Effect::nothing;
}

std::vector<Request> requests_for(const DpkgCall& call) {
  return for_nodes(call.nodes, requests_on_all_nodes(call));
}

std::vector<Request> for_nodes(const std::optional<std::vector<std::string>>& nodes,
                               std::vector<Request> requests) {
  for (Request& request : requests)
    request.nodes = nodes;
  return requests;
}

std::vector<Request> change_all(const PackagedApps& from, const PackagedApps& to, const WantedApps& wanted) {
  std::vector<Request> requests;
  for (const PackagedApp& next : to)
    if (const PackagedApp* now = find(from, next.app))
      requests.push_back(change(*now, next, is_wanted(wanted, next.app)));
  for (auto gone = from.rbegin(); gone != from.rend(); ++gone)
    if (!find(to, gone->app)) requests.push_back(stop(*gone));
  return requests;
}

std::vector<Request> start_all(const PackagedApps& apps, const WantedApps& wanted) {
  std::vector<Request> requests;
  for (const PackagedApp& app : apps)
    if (is_wanted(wanted, app.app)) requests.push_back(start(app));
  return requests;
}

PackagedApps with_kept(PackagedApps apps, const PackagedApps& kept) {
  for (const PackagedApp& one : kept) {
    const auto same =
        std::find_if(apps.begin(), apps.end(), [&](const auto& app) { return app.app == one.app; });
    if (same == apps.end()) {
      apps.push_back(one);
    } else if (same->vsn == one.vsn) {
      *same = one;
    }
  }
  return apps;
}

std::vector<Request> all_reversed(const std::vector<Request>& requests) {
  std::vector<Request> back(requests.rbegin(), requests.rend());
  std::transform(back.begin(), back.end(), back.begin(), reversed);
  return back;
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
