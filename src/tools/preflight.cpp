// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>

#include <erlrc/base/error.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/report/report.hpp>
#include <erlrc/sys/environment.hpp>
#include <erlrc/sys/file.hpp>

#include <erlrc/engine/skipped_packages.hpp>
#include <erlrc/forecast/forecast.hpp>
#include "arguments.hpp"
#include "preflight_guard.hpp"

// erlrc-apt-preflight: APT calls it before it changes anything, and gives up all that it was about to do if
// it fails. That makes it the one program of ours whose own defects would be in the way of every package of
// the system: whatever goes wrong in here is a warning, unless the administrator wants to have it otherwise.

namespace erlrc {
namespace {

namespace fs = std::filesystem;

const std::string kTool = "erlrc-apt-preflight";

/// Erlrc::Preflight
enum class Mode {
  report,  ///< say what will happen, and let APT go on
  refuse,  ///< the same, but nothing is changed at all if something cannot be done
  leave,   ///< the same, but the hooks of what cannot be done leave the nodes as they are
  off,
};

/// How long the guard waits beyond the time that the nodes have.
constexpr milliseconds kGrace{5'000};

struct Settings {
  Mode mode = Mode::report;
  milliseconds timeout{10'000};
};

Mode parse_mode(const std::string& text) {
  if (text == "report" || text.empty()) return Mode::report;
  if (text == "refuse") return Mode::refuse;
  if (text == "leave") return Mode::leave;
  if (text == "off") return Mode::off;
  throw Error("Erlrc::Preflight: " + printable(text) + ": expected report, refuse, leave or off");
}

/// Which descriptor APT writes to.
int hook_descriptor() {
  const auto text = environment("APT_HOOK_INFO_FD");
  if (!text) {
    if (::isatty(STDIN_FILENO) != 0)
      throw UsageError("nothing to read: this is called by APT, with a transaction on standard input");
    return STDIN_FILENO;
  }
  int fd = -1;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), fd);
  if (error != std::errc{} || end != text->data() + text->size() || fd < 0)
    throw UsageError("APT_HOOK_INFO_FD: " + printable(*text) + ": expected the number of a descriptor");
  return fd;
}

/// Whether APT is at work on the system that we run in: the hooks of packages in another one find no nodes.
bool is_this_system(const AptConfig& config) {
  const auto root = [&](const char* name) { return config.value(name).value_or("/"); };
  const auto here = [](const std::string& path) { return path.find_first_not_of('/') == std::string::npos; };
  return here(root("Dir")) && here(root("RootDir")) && here(root("DPkg::Chroot-Directory"));
}

fs::path admin_directory(const AptConfig& config) {
  const fs::path status = config.value("Dir::State::status").value_or("");
  return status.is_absolute() ? status.parent_path() : fs::path("/var/lib/dpkg");
}

std::string refusal(const Forecasts& told) {
  const auto failed = static_cast<std::size_t>(std::ranges::count_if(told.rows, fails));
  if (failed == 0 && told.warnings.empty()) return {};
  std::string text = kTool + ": refused, and nothing has been changed: ";
  text += failed == 0
              ? "it is not known what this would do to running nodes"
              : std::to_string(failed) + " of " + std::to_string(told.rows.size()) +
                    (told.rows.size() == 1 ? " change" : " changes") + " to running nodes cannot be done";
  return text + " (option -o Erlrc::Preflight=report goes on)\n";
}

/// Tells the hooks, and the user, which packages will be upgraded on disk alone.
std::string leave_what_fails(const Forecasts& told) {
  std::set<std::string> left;
  for (const Forecast& row : told.rows)
    if (fails(row) && !row.package.empty()) left.insert(row.package);
  store_skipped_packages(left);
  if (left.empty()) return {};
  std::string names;
  for (const std::string& name : left)
    names += " " + name;
  return "erlrc: left for a restart of the nodes:" + names + "\n";
}

int look_ahead(const std::string& input, const AptConfig& config, const Site& site, const Settings& settings,
               Streams& streams) {
  const Forecasts told =
      forecast(parse_apt_actions(input), admin_directory(config), site, after(settings.timeout));
  streams.out += render_forecasts(told);
  for (const std::string& warning : told.warnings)
    streams.err += kTool + ": warning: " + one_line(warning) + "\n";
  if (settings.mode == Mode::leave) streams.out += leave_what_fails(told);
  if (settings.mode != Mode::refuse) return 0;
  const std::string refused = refusal(told);
  streams.err += refused;
  return refused.empty() ? 0 : 1;
}

int preflight(Settings& settings, Streams& streams) {
  const std::string input = read_stream(hook_descriptor(), "APT's description of the transaction");
  const std::optional<Site> site = site_to_serve();
  if (!site) return 0;
  const AptConfig config = parse_apt_config(input);
  if (!is_this_system(config)) return 0;
  settings.mode = parse_mode(config.value("Erlrc::Preflight").value_or(""));
  if (settings.mode == Mode::off) return 0;
  if (const auto seconds = config.value("Erlrc::Preflight::Timeout"))
    settings.timeout = parse_seconds(*seconds, "Erlrc::Preflight::Timeout");
  guard_process(settings.mode == Mode::refuse ? 1 : 0, settings.timeout + kGrace);
  const int code = look_ahead(input, config, *site, settings, streams);
  release_guard();
  return code;
}

}  // namespace

int preflight_main(std::span<const std::string> args, Streams& streams) {
  Settings settings;
  try {
    CommandLine line(kTool, "",
                     "Tell what the transaction that APT is about to begin will do to running nodes.");
    if (const auto code = line.parse(args, streams)) return *code;
    return preflight(settings, streams);
  } catch (const UsageError& error) {
    streams.err += kTool + ": " + one_line(error.what()) + "\n";
    return settings.mode == Mode::refuse ? 1 : 2;
  } catch (const std::exception& error) {
    // Not only Error: what we did not think of must not keep APT from working, either.
    streams.err += kTool + ": warning: " + one_line(error.what()) + "\n";
    return settings.mode == Mode::refuse ? 1 : 0;
  }
}

}  // namespace erlrc
