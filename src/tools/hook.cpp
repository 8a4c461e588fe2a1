// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <ranges>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/hook/dpkg.hpp>
#include <erlrc/report/report.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/tools/perform.hpp>

#include "arguments.hpp"

// What maintainer scripts call: `erlrc-hook dpkg SCRIPT ARGS..`. What has to be done is decided by plan_dpkg;
// here are the files it decides from, the marker, and who hears of what.

namespace erlrc {
namespace {

namespace fs = std::filesystem;

const std::string kTool = "erlrc-hook";

/// The package whose script calls, as dpkg's environment names it.
struct Package {
  std::string name;
  std::string arch;
};

std::string package_part(const std::string& variable) {
  std::string text = environment(variable).value_or("");
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(text, good) || text.starts_with('.'))
    throw UsageError(variable + ": " + printable(text) + " cannot be part of a package's name");
  return text;
}

Package calling_package() {
  Package package{package_part("DPKG_MAINTSCRIPT_PACKAGE"), package_part("DPKG_MAINTSCRIPT_ARCH")};
  if (package.name.empty())
    throw UsageError("DPKG_MAINTSCRIPT_PACKAGE is not set: only dpkg's scripts may call this");
  return package;
}

std::optional<ControlMember> load_control_member(const fs::path& file) {
  const auto text = read_file_if_exists(file);
  if (!text) return std::nullopt;
  return parse_control_member(*text, file.string());
}

/// What is to be kept in step; a package that wants something else done is like one without a control member.
std::optional<PackagedApps> apps_in_step(const std::optional<ControlMember>& member) {
  if (!member || member->policy != PackagePolicy::hot) return std::nullopt;
  return member->apps;
}

/// The control member of the installed version; where a package may be installed for several architectures,
/// dpkg puts the architecture into the file's name.
std::optional<ControlMember> load_installed(const fs::path& admindir, const Package& package) {
  const fs::path info = admindir / "info";
  auto member = load_control_member(info / (package.name + ":" + package.arch + ".erlrc"));
  return member ? member : load_control_member(info / (package.name + ".erlrc"));
}

/// Tells the calls that follow in the same dpkg run that a node refused this package's upgrade.
class Marker {
public:
  explicit Marker(const Package& package)
      : file_(fs::path(environment("ERLRC_RUN").value_or("/run/erlrc")) /
              (package.name + ":" + package.arch)) {}

  bool is_set() const { return file_status(file_).has_value(); }

  void set() const {
    std::error_code failed;
    fs::create_directories(file_.parent_path(), failed);
    if (failed) throw SystemError(file_.parent_path().string() + ": create directory", failed.value());
    write_file_atomically(file_, "", 0644);
  }

  void clear() const {
    std::error_code failed;
    fs::remove(file_, failed);
    if (failed) throw SystemError(file_.string() + ": remove", failed.value());
  }

private:
  fs::path file_;
};

/// The requests of a hook's plan, done on the nodes and told to who runs the package manager.
class Performance {
public:
  Performance(Site site, milliseconds timeout, Streams& streams)
      : site_(std::move(site)), timeout_(timeout), streams_(streams) {}

  /// Does all of `plan.requests`, or, if one fails, none; the worst exit code of them.
  int run(const HookPlan& plan) {
    const Deadline until = after(timeout_);
    int worst = 0;
    for (const Request& request : plan.requests) {
      worst = std::max(worst, perform_one(request, site_, until));
      if (worst != 0 && !plan.tolerant) return std::max(worst, take_back());
    }
    return worst;
  }

private:
  struct Done {
    Request request;
    std::set<std::string> nodes;  ///< those that it changed
  };

  int perform_one(const Request& request, const Site& site, Deadline until) {
    const auto reports = perform(request, site, {until, false});
    Done done{request, {}};
    for (const NodeReport& report : reports)
      if (report.outcome.kind == Outcome::Kind::done && !report.plan.steps.empty())
        done.nodes.insert(report.node);
    tell(request, reports, done.nodes);
    const int code = exit_code(reports);
    if (code == 0) done_.push_back(std::move(done));
    return code;
  }

  /// The user of a package manager wants to see what changed and what failed, in the tools' own lines.
  void tell(const Request& request, std::vector<NodeReport> reports, const std::set<std::string>& changed) {
    std::erase_if(reports, [&](const NodeReport& report) {
      return report.outcome.kind == Outcome::Kind::done && !changed.contains(report.node);
    });
    ReportText text = render_text({"erlrc-" + to_string(request.action), request}, reports, false);
    streams_.out += text.out;
    streams_.err += text.err;
  }

  /// The time of the call may be what ran out, so each of these gets it anew.
  int take_back() {
    int worst = 0;
    for (const std::vector<Done> done = std::exchange(done_, {}); const Done& one : std::views::reverse(done))
      worst = std::max(
          worst,
          perform_one(reversed(one.request), only_nodes(site_, one.nodes), after(timeout_)) == 0 ? 0 : 3);
    return worst;
  }

  Site site_;
  milliseconds timeout_;
  Streams& streams_;
  std::vector<Done> done_;
};

/// `site` with the nodes that the package is for; of entries that cannot be used only the file's name counts.
Site nodes_of(const std::optional<ControlMember>& member, Site site) {
  if (!member || !member->nodes) return site;
  std::vector<NodeName> meant;
  for (const std::string& name : *member->nodes)
    meant.push_back(parse_node_name(name));
  std::erase_if(site.registry.nodes, [&](const NodeEntry& entry) {
    return std::ranges::none_of(meant, [&](const NodeName& name) {
      return entry.name.alive == name.alive &&
             (!name.host || !entry.name.host || entry.name.host == name.host);
    });
  });
  std::erase_if(site.registry.bad, [&](const BadEntry& bad) {
    const std::string alive = bad.file.substr(0, bad.file.find('@'));
    return std::ranges::none_of(meant, [&](const NodeName& name) { return name.alive == alive; });
  });
  return site;
}

int dpkg_hook(Script script, std::vector<std::string> args, Streams& streams) {
  const std::optional<Site> site = site_to_serve();
  if (!site) return 0;
  const milliseconds timeout = parse_seconds(environment("ERLRC_TIMEOUT").value_or("60"), "ERLRC_TIMEOUT");
  const Package package = calling_package();
  const Marker marker(package);
  const fs::path admindir = environment("DPKG_ADMINDIR").value_or("/var/lib/dpkg");
  const auto installed = load_installed(admindir, package);
  const auto unpacking = load_control_member(admindir / "tmp.ci" / "erlrc");
  const HookPlan plan = plan_dpkg({script, std::move(args), apps_in_step(installed), apps_in_step(unpacking),
                                   marker.is_set(), site->wanted});
  if (plan.clear_mark) marker.clear();
  if (plan.fail) {
    streams.err +=
        kTool + ": " + package.name + ": the upgrade was refused, so that dpkg restores the old version\n";
    return 1;
  }
  const int code = Performance(nodes_of(installed, *site), timeout, streams).run(plan);
  if (code != 0 && plan.mark_refusal) marker.set();
  return plan.tolerant ? 0 : code;
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
