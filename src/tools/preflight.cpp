// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/settings.hpp>
#include <erlrc/engine/skipped_packages.hpp>
#include <erlrc/forecast/forecast.hpp>
#include <erlrc/forecast/preflight.hpp>
#include <erlrc/pkg/apt_change.hpp>
#include <erlrc/pkg/apt_settings.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/sys/signals.hpp>

#include "arguments.hpp"

// erlrc-apt-preflight: APT calls it before it changes anything, and aborts the whole transaction if it fails.
// Its own defects could therefore block every package of the system, so any error here is only a warning,
// unless the administrator has configured `refuse`.

namespace erlrc {
namespace {
const std::string kTool = "erlrc-apt-preflight";

/// The guard waits so much longer than the nodes have time.
constexpr milliseconds kGrace{5'000};

/// The descriptor that APT writes to.
int hook_descriptor() {
  const auto text = environment("APT_HOOK_INFO_FD");
  if (!text) {
    if (is_terminal_input())
      throw UsageError("nothing to read: this is called by APT, with a transaction on standard input");
    return standard_input;
  }
  const auto fd = parse_number<int>(*text);
  if (!fd || *fd < 0)
    throw UsageError("APT_HOOK_INFO_FD: " + printable(*text) + ": expected the number of a descriptor");
  return *fd;
}

const std::string kWayOut =
    "option -o Erlrc::Preflight=report continues anyway, -o Erlrc::Hooks=off leaves all nodes alone";

std::string refusal(const std::string& why) {
  return kTool + ": refused, and nothing has been changed: " + why + " (" + kWayOut + ")\n";
}

/// How a failure of ours is reported, which refuses the transaction if the administrator wants that.
std::string failure(const std::string& why, PreflightMode mode) {
  return mode == PreflightMode::refuse ? refusal(why) : kTool + ": warning: " + why + "\n";
}

int fail(const std::exception& error, PreflightMode mode, Streams& streams) {
  streams.err += failure(one_line(error.what()), mode);
  return mode == PreflightMode::refuse ? 1 : 0;
}

/// Reports to the hooks, and to the user, which packages will be upgraded only on disk.
std::string skip(const std::set<std::string>& packages) {
  store_skipped_packages(packages);
  if (packages.empty()) return {};
  return "erlrc: skipped until the nodes are restarted: " + join(packages, " ") + "\n";
}

int look_ahead(const std::string& input, const AptConfig& config, const Site& site, const Settings& settings,
               Streams& streams) {
  const PreflightWords words{kTool, kWayOut};
  const Forecasts found =
      forecast(apt_source(parse_apt_actions(input), admin_directory(config)), site, settings);
  store_moved_apps(found.moves);
  const Verdict verdict = judge(found, settings.preflight, words, streams);
  if (settings.preflight == PreflightMode::leave) streams.out += skip(verdict.skipped);
  return verdict.refused ? 1 : 0;
}

/// What the hooks need of APT's configuration, which they cannot see.
void store_for_hooks(std::map<std::string, std::string> given) {
  std::erase_if(given, [](const auto& setting) {
    if (setting.first == "preflight_timeout") return true;
    try {
      Settings scratch;
      set_setting(scratch, setting.first, setting.second, setting.first);
      return false;
    } catch (const UsageError&) {  // a warning has been printed
      return true;
    }
  });
  store_apt_settings(given);
}

int preflight(Settings& settings, Streams& streams) {
  const std::string input = read_stream(hook_descriptor(), "APT's description of the transaction");
  std::optional<Site> site = site_to_serve();
  if (!site) return 0;
  const AptConfig config = parse_apt_config(input);
  if (!is_this_system(config)) return 0;
  const auto given = settings_in(config);
  settings = settings_for(kTool, streams, given);
  store_for_hooks(given);
  if (!settings.hooks) {
    streams.out += "erlrc: the hooks are off: running nodes are left alone\n";
    return 0;
  }
  if (settings.preflight == PreflightMode::off) return 0;
  leave_alone(*site, settings);
  const std::string late = failure("timed out while checking the nodes", settings.preflight);
  const std::string crashed = failure("crashed; this is a defect of erlrc", settings.preflight);
  // APT takes a hook that dies for one that refuses, and waits for one that does not end.
  const ProcessGuard guard(settings.preflight == PreflightMode::refuse ? 1 : 0,
                           settings.preflight_timeout + kGrace, {late, crashed});
  return look_ahead(input, config, *site, settings, streams);
}

}  // namespace

int preflight_main(std::span<const std::string> args, Streams& streams) {
  Settings settings;
  try {
    CommandLine line(kTool, "",
                     "Report the effect on running nodes of the transaction that APT is about to begin.");
    if (const auto code = line.parse(args, streams)) return *code;
    return preflight(settings, streams);
  } catch (const UsageError& error) {
    if (settings.preflight == PreflightMode::refuse) return fail(error, settings.preflight, streams);
    streams.err += kTool + ": " + one_line(error.what()) + "\n";
    return 2;
  } catch (const std::exception& error) {
    // Not only Error: an unforeseen exception must not block APT either.
    return fail(error, settings.preflight, streams);
  }
}

}  // namespace erlrc
