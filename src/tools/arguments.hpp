// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <erlrc/coordinator/settings.hpp>
#include <erlrc/plan/policy_text.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/tools/mains.hpp>

// The common part of the programs' command lines.

namespace erlrc {

/// The arguments of one program: its options are added to `app`, then `parse` reads them.
class CommandLine {
public:
  /// `arguments` is the part of the usage line after the options: `APP VSN [DIR]`.
  CommandLine(const std::string& tool, const std::string& arguments, const std::string& about);

  CLI::App app;

  /// Reads `args` into the variables of the options. Returns an exit code if nothing else is to be done, as
  /// for --help and --version. Throws UsageError, ending in the usage line.
  std::optional<int> parse(std::span<const std::string> args, Streams& streams);

private:
  std::string usage_;
};

/// Runs `body`, whose result is the exit code; an Error becomes the line `TOOL: MESSAGE` and code 1, a
/// UsageError 2.
int guarded_main(const std::string& tool, Streams& streams, const std::function<int()>& body);

/// Each throws UsageError for a text that is not valid, or that would escape from its directory or line.
Atom check_app(const std::string& name);
std::string check_vsn(const std::string& vsn);
std::string check_ebin(const std::string& directory);  ///< the absolute path of DIRECTORY/ebin

/// The options of all programs that execute a request on nodes.
struct ActOptions {
  bool dry_run = false;
  bool explain = false;
  bool json = false;
  bool rehearse = false;
  bool verbose = false;
  std::string timeout = "60";
  std::optional<std::string> node;  ///< absent: all nodes
};

void add_act_options(CLI::App& app, ActOptions& options);
void add_timeout_option(CLI::App& app, std::string& timeout);

/// The settings of this host, with those of a run of APT. What cannot be read is a warning of `tool`.
Settings settings_for(const std::string& tool, Streams& streams,
                      const std::map<std::string, std::string>& of_run = {});

/// Executes `request` and prints its report; the result is the exit code.
int act(const std::string& tool, const Request& request, const ActOptions& options, Streams& streams);

}  // namespace erlrc
