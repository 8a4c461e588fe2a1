// SPDX-License-Identifier: BSD-3-Clause
#include "arguments.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <new>
#include <utility>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/coordinator/execute.hpp>
#include <erlrc/report/report.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

/// The error in the style of our messages: CLI11 begins with a capital letter, and may use several lines.
std::string cli_message(const CLI::ParseError& error) {
  std::string text = one_line(error.what());
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' &&
      (text[1] == ' ' || (text[1] >= 'a' && text[1] <= 'z')))
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

/// Help with the same usage line as errors. The one that CLI11 makes does not show which arguments belong
/// together.
class Help : public CLI::Formatter {
public:
  explicit Help(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App*, std::string) const override { return "Usage: " + usage_ + "\n"; }

private:
  std::string usage_;
};

}  // namespace

CommandLine::CommandLine(const std::string& tool, const std::string& arguments, const std::string& about)
    : app(about, tool), usage_(tool + " [OPTIONS]" + (arguments.empty() ? "" : " " + arguments)) {
  app.formatter(std::make_shared<Help>(usage_));
  app.get_formatter()->label("REQUIRED", "");
  app.get_formatter()->label("TEXT", "");
  app.set_help_flag("--help", "Print this text and exit");
  app.set_version_flag("--version", tool + " (erlrc) " ERLRC_VERSION, "Print the version and exit");
}

std::optional<int> CommandLine::parse(std::span<const std::string> args, Streams& streams) {
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    // One text describes all options, those of the commands too.
    const bool commands = app.get_subcommands().empty() && !app.get_subcommands({}).empty();
    streams.out += app.help("", commands ? CLI::AppFormatMode::All : CLI::AppFormatMode::Normal);
    return 0;
  } catch (const CLI::CallForVersion& version) {
    streams.out += std::string(version.what()) + "\n";
    return 0;
  } catch (const CLI::ParseError& error) {
    throw UsageError(cli_message(error) + "; usage: " + usage_);
  }
}

int guarded_main(const std::string& tool, Streams& streams, const std::function<int()>& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    streams.err += tool + ": " + one_line(error.what()) + "\n";
    return 2;
  } catch (const std::bad_alloc&) {
    streams.err += tool + ": out of memory\n";
    return 1;
  } catch (const std::exception& error) {  // Error, and what libraries throw
    streams.err += tool + ": " + one_line(error.what()) + "\n";
    return 1;
  }
}

Atom check_app(const std::string& name) {
  if (!is_application_name(name))
    throw UsageError("application name " + printable(name) +
                     ": expected a lower-case letter, then letters, digits, _ or @");
  return Atom{name};
}

std::string check_vsn(const std::string& vsn) {
  if (vsn.empty() || has_control(vsn) || vsn.find_first_of(" /") != std::string::npos)
    throw UsageError("version " + printable(vsn) +
                     ": expected a text without slashes, spaces and control characters");
  return vsn;
}

std::string check_ebin(const std::string& directory) {
  if (directory.empty() || has_control(directory))
    throw UsageError("directory " + printable(directory) + ": expected a path without control characters");
  std::filesystem::path path = absolute_path(directory);
  if (!path.has_filename()) path = path.parent_path();
  return (path / "ebin").string();
}

void add_timeout_option(CLI::App& app, std::string& timeout) {
  app.add_option("--timeout", timeout, "Time limit of the whole call")
      ->type_name("SECONDS")
      ->capture_default_str();
}

void add_act_options(CLI::App& app, ActOptions& options) {
  app.add_flag("--dry-run", options.dry_run, "Print the steps instead of running them");
  app.add_flag("--json", options.json, "Print one record of JSON instead of text");
  add_timeout_option(app, options.timeout);
  app.add_option("--node", options.node, "Use only this registered node")->type_name("NAME");
  app.add_flag("--verbose", options.verbose, "Print each step with the time it took");
}

Settings settings_for(const std::string& tool, Streams& streams,
                      const std::map<std::string, std::string>& of_run) {
  const LoadedSettings loaded = load_settings(of_run);
  for (const std::string& warning : loaded.warnings)
    streams.err += tool + ": warning: " + one_line(warning) + "; it is ignored\n";
  return loaded.settings;
}

int act(const std::string& tool, const Request& request, const ActOptions& options, Streams& streams) {
  const Deadline until = after(parse_seconds(options.timeout, "--timeout"));
  Site site = load_site();
  if (options.node) site = only_node(std::move(site), *options.node);
  const bool dry_run = options.dry_run || options.explain;
  const auto reports = execute(request, site, {until, dry_run, options.rehearse, options.explain});
  const ReportHead head{tool, request, dry_run};
  if (options.json) {
    streams.out += render_json(head, reports);
  } else {
    ReportText text = render_text(head, reports, options.verbose);
    streams.out += text.out;
    streams.err += text.err;
  }
  return exit_code(reports);
}

}  // namespace erlrc
