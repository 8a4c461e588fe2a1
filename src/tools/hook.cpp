// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>

#include <erlrc/base/error.hpp>
#include <erlrc/coordinator/execute.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/transaction/dpkg.hpp>

#include <erlrc/engine/hook_files.hpp>
#include <erlrc/engine/hook_performance.hpp>
#include <erlrc/engine/hook_run.hpp>
#include "arguments.hpp"

// What maintainer scripts call: `erlrc-hook dpkg SCRIPT ARGS..`. What a call means is decided by erlrc/hook;
// here it is done.

namespace erlrc {
namespace {

const std::string kTool = "erlrc-hook";

/// Whether the new version is there, and not given up yet.
bool has_both(Effect effect) {
  return effect == Effect::prepare || effect == Effect::upgrade || effect == Effect::retry ||
         effect == Effect::take_back;
}

/// One call, with all that it can be asked to do.
class Hook {
public:
  Hook(const Site& site, milliseconds timeout, Script script, std::vector<std::string> args, Streams& streams)
      : package_(calling_package()),
        call_{script, std::move(args), {}, {}, kept_.load(package_.name), site.wanted},
        performance_(site, timeout, streams),
        streams_(streams),
        member_(installed_member()),
        run_(package_, admin_, kept_, performance_, streams, after(timeout)) {
    call_.installed = apps_in_step(member_);
    if (has_both(effect_of(call_))) call_.unpacking = admin_.unpacking();
    if (member_) call_.nodes = member_->nodes;
  }

  int run() {
    const std::vector<Request> requests = requests_for(call_);
    switch (effect_of(call_)) {
      case Effect::nothing:
        return 0;
      case Effect::prepare:
        return prepare();
      case Effect::upgrade:
      case Effect::retry:
        if (!call_.installed) return 0;  // adopted: the new postinst will do it
        if (call_.unpacking) return run_.upgrade(requests);
        return admin_.unpacking_member() ? 0 : leave();
      case Effect::take_back:
        run_.take_back(requests);
        return 0;
      case Effect::abandon:
        return abandon();
      case Effect::configure:
        return configure(requests);
      case Effect::start:
        return performance_.all_or_none(requests);
      case Effect::start_over:
        run_.give_up();
        return bring_in_step(changes_from_kept(), requests);
      case Effect::stop:
        return stop(requests);
    }
    return 0;
  }

private:
  /// Where it cannot be read, the package is refused when its applications are to be started; later that
  /// would only keep it from being replaced and removed.
  std::optional<ControlMember> installed_member() {
    try {
      return admin_.checked_member(package_);
    } catch (const Error& error) {
      const Effect effect = effect_of(call_);
      if (effect == Effect::configure || effect == Effect::start) throw;
      streams_.err += kTool + ": warning: " + error.what() + ": nothing is known of the applications of " +
                      package_.name + "\n";
      return std::nullopt;
    }
  }

  /// The files of the old version are put aside where they will be missed: without a control member nobody
  /// upgrades before they are gone, and what lies in the new version's own directory is overwritten.
  int prepare() {
    if (const int code = run_.prepare(); code != 0) return code;
    // One that is not to be kept in step until now is not adopted.
    if (!call_.unpacking || (!call_.installed && member_)) return 0;
    PackagedApps old = call_.installed ? *call_.installed : admin_.found_in_list(package_);
    std::erase_if(old, [&](const PackagedApp& app) {
      const auto same = std::ranges::find(*call_.unpacking, app.app, &PackagedApp::app);
      return same == call_.unpacking->end() || (call_.installed && same->location != app.location);
    });
    kept_.keep(package_.name, old);
    return 0;
  }

  int configure(const std::vector<Request>& requests) {
    run_.finish();
    const std::vector<Request> changes = changes_from_kept();
    std::vector<Request> all = changes;
    all.insert(all.end(), requests.begin(), requests.end());
    if (run_.must_wait(all)) return 0;
    return bring_in_step(changes, requests);
  }

  /// What nodes may still run of another version, because it was not upgraded, or not taken back, when both
  /// versions were there, is changed with the files that were put aside.
  std::vector<Request> changes_from_kept() {
    call_.kept = kept_.load(package_.name);
    if (!call_.installed) return {};
    return for_nodes(call_.nodes, change_all(call_.kept, *call_.installed, call_.wanted));
  }

  /// If a node refuses, dpkg has no way back: it goes on with what it runs, and the start that follows says
  /// so. If one cannot be asked, the call fails, and the files stay for the next attempt.
  int bring_in_step(const std::vector<Request>& changes, const std::vector<Request>& requests) {
    const bool all_known = performance_.each(changes).all_known;
    const int code = std::max(performance_.all_or_none(requests), all_known ? 0 : 1);
    if (code == 0) kept_.drop(package_.name);
    return code;
  }

  /// If the old version has hooks, its postinst comes next, and may need what was put aside.
  int abandon() {
    if (!call_.installed || call_.args.front() != "abort-upgrade") kept_.drop(package_.name);
    return 0;
  }

  /// The new version has no hooks, so this is the last that nodes hear of the package. Nor has its postrm,
  /// which would have to fail for the old version to stay; so nothing fails here.
  int leave() {
    for (const PackagedApp& app : *call_.installed) {
      const auto next = only_other_version(app);
      const Request stop{.action = Action::stop,
                         .app = app.app,
                         .from = {app.vsn, app.location},
                         .to = {},
                         .nodes = call_.nodes};
      if (next) {
        performance_.each(for_nodes(call_.nodes, change_all({app}, {*next}, call_.wanted)));
        performance_.each(for_nodes(call_.nodes, start_all({*next}, call_.wanted)));
      } else if (performance_.would_change({stop})) {
        streams_.err += kTool + ": " + package_.name +
                        ": the new version is not kept in step with nodes: those that run " + app.app.name +
                        " " + app.vsn + " go on with it until they are restarted\n";
      }
    }
    kept_.drop(package_.name);
    return 0;
  }

  /// The version that lies beside this one, in a directory named after it; nullopt if there is none, or more
  /// than one.
  static std::optional<PackagedApp> only_other_version(const PackagedApp& app) {
    const std::filesystem::path own = std::filesystem::path(app.location.in_path).parent_path();
    const std::string prefix = app.app.name + "-";
    std::optional<PackagedApp> found;
    if (own.filename() != prefix + app.vsn) return found;
    for (const std::string& name : directory_names(own.parent_path()).value_or(std::vector<std::string>{})) {
      const std::filesystem::path ebin = own.parent_path() / name / "ebin";
      if (name == own.filename() || !name.starts_with(prefix) || !file_status(ebin / (app.app.name + ".app")))
        continue;
      if (found) return std::nullopt;
      found = PackagedApp{app.app, name.substr(prefix.size()), ebin.string()};
    }
    return found;
  }

  int stop(const std::vector<Request>& requests) {
    if (call_.script == Script::postrm) kept_.drop(package_.name);
    return performance_.all_or_none(requests);
  }

  CallingPackage package_;
  AdminDir admin_;
  KeptFiles kept_;
  DpkgCall call_;
  HookPerformance performance_;
  Streams& streams_;
  std::optional<ControlMember> member_;  ///< of the installed version
  HookRun run_;
};

int dpkg_hook(Script script, std::vector<std::string> args, Streams& streams) {
  const Effect effect = effect_of({.script = script, .args = args});
  if (effect == Effect::nothing) return 0;
  const std::optional<Site> site = site_to_serve();
  if (!site) return 0;
  const milliseconds timeout = parse_seconds(environment("ERLRC_TIMEOUT").value_or("60"), "ERLRC_TIMEOUT");
  const auto run = [&] { return Hook(*site, timeout, script, std::move(args), streams).run(); };
  if (effect != Effect::take_back) return run();
  // A failure here would leave the package half installed, which nothing mends.
  (void)guarded_main(kTool, streams, run);
  return 0;
}

}  // namespace

int hook_main(std::span<const std::string> args, Streams& streams) {
  return guarded_main(kTool, streams, [&] {
    CommandLine line(kTool, "dpkg SCRIPT [ARGUMENT]...",
                     "Do on every registered node what dpkg's call of a maintainer script means for it.");
    std::string manager, script;
    std::vector<std::string> rest;
    line.app.add_option("dpkg", manager, "The package manager that calls")->required()->type_name("");
    line.app.add_option("SCRIPT", script, "preinst, postinst, prerm or postrm")->required();
    line.app.add_option("ARGUMENT", rest, "The arguments that dpkg gave to the script");
    if (const auto code = line.parse(args, streams)) return *code;
    if (manager != "dpkg") throw UsageError(printable(manager) + ": no such package manager, expected dpkg");
    const auto known = parse_script(script);
    if (!known) throw UsageError(printable(script) + ": expected preinst, postinst, prerm or postrm");
    return dpkg_hook(*known, std::move(rest), streams);
  });
}

}  // namespace erlrc
